import type { MarkedToken, Token } from 'marked';

/** A piece of a line of text. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'strong' | 'em' | 'del'; readonly inlines: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly inlines: readonly Inline[] }
  | { readonly type: 'break' };

export function inlinesOf(tokens: readonly Token[]): readonly Inline[] {
  return tokens.filter(isMarked).flatMap(inlineOf);
}

function inlineOf(token: MarkedToken): readonly Inline[] {
  switch (token.type) {
    case 'text':
      return token.tokens === undefined ? [{ type: 'text', text: unescaped(token.text) }] : inlinesOf(token.tokens);
    case 'escape':
      return [{ type: 'text', text: token.text }];
    case 'codespan':
      return [{ type: 'code', text: token.text }];
    case 'strong':
    case 'em':
    case 'del':
      return [{ type: token.type, inlines: inlinesOf(token.tokens) }];
    case 'br':
      return [{ type: 'break' }];
    case 'link':
      return linked(token.href, inlinesOf(token.tokens));
    case 'image':
      // An image would be a request to elsewhere without being asked for.
      return linked(token.href, [{ type: 'text', text: unescaped(token.text) || token.href }]);
    case 'html':
      return [{ type: 'text', text: token.raw }];
    // Blocks, which are never within a line. The box of a task is drawn with its item.
    case 'space':
    case 'def':
    case 'checkbox':
    case 'list_item':
    case 'blockquote':
    case 'code':
    case 'heading':
    case 'hr':
    case 'list':
    case 'paragraph':
    case 'table':
      return [];
  }
}

/** Links lead to the web or to mail; anything else, such as `javascript:`, stays text. */
function linked(href: string, inlines: readonly Inline[]): readonly Inline[] {
  return /^(https?:\/\/|mailto:)/i.test(href) ? [{ type: 'link', href, inlines }] : inlines;
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
  ['copy', '©'],
  ['reg', '®'],
  ['trade', '™'],
  ['deg', '°'],
  ['hellip', '…'],
  ['mdash', '—'],
  ['ndash', '–'],
  ['laquo', '«'],
  ['raquo', '»'],
  ['times', '×'],
  ['rarr', '→'],
  ['larr', '←'],
]);

/** Markdown knows HTML's names of characters. The usual ones are translated; others stay as they are written. */
function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi,
    (all, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities.get(name) ?? all;
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

/** No extensions are used, so that all tokens are marked's own. */
export function isMarked(token: Token): token is MarkedToken {
  return token.type !== 'generic';
}
