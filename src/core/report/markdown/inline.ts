import type { MarkedToken, Token } from 'marked';
import type { Paint } from '../text/style.js';

/** The library knows other kinds only from its extensions, and there are none. */
export function isKnown(token: Token): token is MarkedToken {
  return token.type !== '';
}

/** Text within a block, with its formats. */
export function inlineText(tokens: readonly Token[], paint: Paint): string {
  return tokens
    .filter(isKnown)
    .map((token) => ofToken(token, paint))
    .join('');
}

function ofToken(token: MarkedToken, paint: Paint): string {
  switch (token.type) {
    case 'strong':
      return paint('bold', inlineText(token.tokens, paint));
    case 'em':
      return paint('italic', inlineText(token.tokens, paint));
    case 'del':
      return paint('strikethrough', inlineText(token.tokens, paint));
    case 'codespan':
      return paint('cyan', token.text);
    case 'link':
      return link(inlineText(token.tokens, paint), token.text, token.href, paint);
    case 'image':
      return link(token.text, token.text, token.href, paint);
    case 'br':
      return '\n';
    case 'text':
      return token.tokens === undefined ? token.text : inlineText(token.tokens, paint);
    case 'escape':
    case 'html':
      return token.text;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'paragraph':
      return inlineText(token.tokens, paint);
    case 'blockquote':
    case 'code':
    case 'def':
    case 'heading':
    case 'hr':
    case 'list':
    case 'list_item':
    case 'space':
    case 'table':
      return token.raw;
  }
}

/** With its address if the text does not say it: a terminal has nothing to point at. */
function link(shown: string, plain: string, href: string, paint: Paint): string {
  if (plain === '') return paint('underline', href);
  const underlined = paint('underline', shown);
  return plain === href || `mailto:${plain}` === href ? underlined : `${underlined} ${paint('dim', `(${href})`)}`;
}
