import { escapedHtml } from './escape.js';

/** Text that is already HTML. Everything else is escaped when it is put into a template. */
export class Markup {
  constructor(readonly text: string) {}
}

type Piece = Markup | string | number | readonly Markup[];

/** A template of HTML or SVG: values are escaped unless they come from such a template. */
export function markup(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(literals.reduce((text, literal, index) => text + textOf(pieces[index - 1] ?? '') + literal));
}

function textOf(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string') return escapedHtml(piece);
  if (typeof piece === 'number') return coordinate(piece);
  return piece.map(({ text }) => text).join('\n');
}

/** Rounded to a tenth of a pixel: finer differences are invisible, and this is the same on every machine. */
function coordinate(value: number): string {
  return String(Number(value.toFixed(1)));
}
