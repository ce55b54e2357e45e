import { escapedHtml } from '../../text/escape.js';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Digits that no screen shows; without them a picture is a third smaller, and the same on every machine. */
const excessDigits = /-?\d+\.\d{2,}/g;

/** Whether a value is something else than coordinates in pixels. */
const isFraction = (name: string, value: string): boolean => name.endsWith('opacity') || value.endsWith('em');

type Child = SvgElement | SvgText;

class SvgText {
  parentNode: SvgElement | null = null;
  constructor(readonly textContent: string) {}

  get markup(): string {
    return escapedHtml(this.textContent);
  }
}

/**
 * An element of a document that is only written, never shown: the part of the browser's interface that Observable Plot and
 * d3-selection use to draw. A whole implementation (jsdom, linkedom) is larger than the library that needs it.
 */
export class SvgElement {
  readonly namespaceURI = svgNamespace;
  readonly ownerDocument = svgDocument;
  parentNode: SvgElement | null = null;
  /** Set by Plot on the outermost element. */
  scale:
    | ((name: string) => { readonly apply?: (value: unknown) => unknown; readonly bandwidth?: number } | undefined)
    | undefined;
  readonly #attributes = new Map<string, string>();
  readonly #children: Child[] = [];

  constructor(readonly nodeName: string) {}

  get localName(): string {
    return this.nodeName;
  }

  get childNodes(): readonly Child[] {
    return this.#children;
  }

  get children(): readonly SvgElement[] {
    return this.#children.filter((child) => child instanceof SvgElement);
  }

  get firstChild(): Child | null {
    return this.#children[0] ?? null;
  }

  get textContent(): string {
    return this.#children.map(({ textContent }) => textContent).join('');
  }

  set textContent(text: string) {
    this.#children.splice(0, Infinity, new SvgText(text));
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  setAttribute(name: string, value: unknown): void {
    const text = String(value);
    const short = isFraction(name, text)
      ? text
      : text.replaceAll(excessDigits, (digits) => String(+(+digits).toFixed(1)));
    this.#attributes.set(name, short);
  }

  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  appendChild(child: Child): Child {
    return this.insertBefore(child, null);
  }

  append(...children: readonly (Child | string)[]): void {
    for (const child of children) this.appendChild(typeof child === 'string' ? new SvgText(child) : child);
  }

  insertBefore(child: Child, next: Child | null): Child {
    child.parentNode?.removeChild(child);
    const index = next === null ? this.#children.length : this.#children.indexOf(next);
    this.#children.splice(index, 0, child);
    child.parentNode = this;
    return child;
  }

  remove(): void {
    this.parentNode?.removeChild(this);
  }

  removeChild(child: Child): Child {
    this.#children.splice(this.#children.indexOf(child), 1);
    child.parentNode = null;
    return child;
  }

  /** As it stands in a page. */
  get markup(): string {
    // Plot's own stylesheet is the same for every picture; the page has one for all of them.
    const children = this.#children.filter((child) => !(child instanceof SvgElement && child.nodeName === 'style'));
    const attributes = [...this.#attributes].map(([name, value]) => ` ${name}="${escapedHtml(value)}"`).join('');
    const content = children.map(({ markup }) => markup).join('');
    return content === ''
      ? `<${this.nodeName}${attributes}/>`
      : `<${this.nodeName}${attributes}>${content}</${this.nodeName}>`;
  }
}

/** What Plot takes for the document of a page. */
export const svgDocument = {
  createElement: (name: string): SvgElement => new SvgElement(name),
  createElementNS: (_namespace: string, name: string): SvgElement => new SvgElement(name),
  createTextNode: (text: string): SvgText => new SvgText(text),
  get documentElement(): SvgElement {
    return new SvgElement('svg');
  },
};
