/*
 * Text from elsewhere (the name of a server or a model, an error message) as each format takes it, so that it cannot
 * repaint a terminal, become markup, or mention people.
 */

/**
 * On one line, without the control and format characters with which it could repaint a terminal. The joiners that emoji
 * and some scripts are written with stay.
 */
export function oneLine(text: string): string {
  return text.replace(/(?:[\p{Cc}\p{Zl}\p{Zp}\s]|(?![\u200C\u200D])\p{Cf})+/gu, ' ').trim();
}

const zeroWidthSpace = '\u200B';

/**
 * For GitHub's Markdown, on one line: no heading, list, link, image, formula, HTML or further cell of a table, and no
 * mention of a user or an issue. Only a bare URL becomes a link, to what it shows.
 */
export function escapedMarkdown(text: string): string {
  return (
    oneLine(text)
      .replace(/[\\`*_~[\]>|#!$]/g, '\\$&')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replace(/^[-+=]/, '\\$&')
      .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
      // GitHub looks for mentions in the rendered text, where backslashes are gone.
      .replace(/@|#(?=\d)|\bGH-(?=\d)/gi, `$&${zeroWidthSpace}`)
  );
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and attributes of HTML. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** For text and attributes of XML. Characters that XML 1.0 has no form for are left out, as are lone surrogates. */
export function escapedXml(text: string): string {
  const allowed = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
  return escapedHtml(allowed).replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
