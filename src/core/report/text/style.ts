import { styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** How a report for a terminal looks. */
export interface ReportStyle {
  readonly colour: boolean;
  /** The longest a line may be, in columns of the terminal. */
  readonly width: number;
}

export const defaultWidth = 100;

type Format = Parameters<typeof styleText>[0];

/** Adds a format to text, or returns it unchanged where colours are not wanted. */
export type Paint = (format: Format, text: string) => string;

export function painter({ colour }: ReportStyle): Paint {
  // Spaces stay without a format, so that they can be trimmed from the end of a line.
  return (format, text) => (colour && text.trim() !== '' ? styleText(format, text, { validateStream: false }) : text);
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Splits text into what readers see as single characters, such as an emoji of several code points. */
export function graphemesOf(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/**
 * Cuts text without colours to a width, with an ellipsis in place of the rest. Libraries for this also handle colours,
 * which are added afterwards here, and their current versions need Node.js 22.
 */
export function cut(text: string, width: number): string {
  return stringWidth(text) <= width ? text : `${firstOf(graphemesOf(text), width - 1).join('')}…`;
}

/** The same for text whose end says more than its beginning, such as a path. */
export function cutStart(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  return `…${firstOf(graphemesOf(text).toReversed(), width - 1)
    .toReversed()
    .join('')}`;
}

/** As many of the graphemes as fit into a width. */
function firstOf(graphemes: readonly string[], width: number): readonly string[] {
  let left = width;
  const end = graphemes.findIndex((grapheme) => (left -= stringWidth(grapheme)) < 0);
  return end === -1 ? graphemes : graphemes.slice(0, end);
}

/**
 * Breaks text between words, and words that are longer than a line, into lines of at most `width` columns; further lines
 * begin with `indent`.
 *
 * @param text without colours if there is an indent
 */
export function wrap(text: string, width: number, indent = ''): readonly string[] {
  const lines = wrapAnsi(text.trim(), Math.max(1, width), { hard: true }).split('\n');
  const [first = ''] = lines;
  if (indent === '' || lines.length === 1) return lines;
  // wrap-ansi returns text in Unicode's composed form, so the first line is cut off from that form.
  const rest = text.trim().normalize().slice(first.length);
  return [first, ...wrap(rest, width - stringWidth(indent)).map((line) => indent + line)];
}

/** Joins items with a separator into lines of at most `width` columns. Items are not broken. */
export function fill(items: readonly string[], separator: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const item of items) {
    const longer: string = line === null ? item : line + separator + item;
    if (line !== null && stringWidth(longer) > width) {
      lines.push(line);
      line = item;
    } else line = longer;
  }
  return line === null ? lines : [...lines, line];
}
