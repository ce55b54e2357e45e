/**
 * What a model or a server has written, without the control and format characters with which it could repaint a terminal or change its
 * settings. Line ends and tabs stay, and the joiners that emoji and some scripts are written with.
 */
export function readable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replace(/(?:(?!\n)\p{Cc}|(?![\u200C\u200D])\p{Cf}|\p{Zl}|\p{Zp})+/gu, '');
}
