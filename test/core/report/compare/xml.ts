/** An element of an XML document. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const name = '[A-Za-z_][\\w.-]*';
const token = new RegExp(
  `<\\?xml version="1\\.0" encoding="UTF-8"\\?>|<(/?)(${name})((?:\\s+${name}="[^"<]*")*)\\s*(/?)>|([^<]+)`,
  'y',
);
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads the XML that JUnit reports consist of, and takes nothing that is not well-formed. */
export function parseXml(document: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const match = token.exec(document);
    if (match === null) throw new Error(`not well-formed at: ${document.slice(at, at + 60)}`);
    const [, closing, tag, attributes = '', empty, text] = match;
    const parent = open.at(-1) ?? root;
    if (text !== undefined) parent.text += unescaped(text);
    else if (closing === '/') {
      if (parent.name !== tag) throw new Error(`</${String(tag)}> closes <${parent.name}>`);
      open.pop();
    } else if (tag !== undefined) {
      const element: Element = { name: tag, attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  const [document1, ...more] = root.children;
  if (open.length > 1 || document1 === undefined || more.length > 0) throw new Error('not one closed element');
  return document1;
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescaped(value)]);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`twice the same attribute: ${text}`);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function unescaped(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the ones that XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) throw new Error('a forbidden character');
  return text.replace(/&(#\d+|[a-z]+)?;?/g, (entity, content: string | undefined) => {
    if (content?.startsWith('#') === true) return String.fromCharCode(Number(content.slice(1)));
    const value = entities[content ?? ''];
    if (value === undefined || !entity.endsWith(';')) throw new Error(`not an entity: ${entity}`);
    return value;
  });
}
