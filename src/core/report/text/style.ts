import { stripVTControlCharacters, styleText } from 'node:util';

/** How a report for a terminal looks. */
export interface ReportStyle {
  readonly colour: boolean;
  /** Columns that no line exceeds, except where a single word is longer. */
  readonly width: number;
}

export const defaultWidth = 100;

type Format = Parameters<typeof styleText>[0];

/** Puts a format on text, or leaves it alone. */
export type Paint = (format: Format, text: string) => string;

export function painter({ colour }: ReportStyle): Paint {
  // Formatted spaces could not be trimmed from the end of a line.
  return (format, text) => (colour && text.trim() !== '' ? styleText(format, text, { validateStream: false }) : text);
}

/** Columns that text takes on a terminal, formats aside; wide characters count as one. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts unformatted text to a width, with an ellipsis in place of what is missing. */
export function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/**
 * Breaks unformatted text between words, and words that are longer than a line, into lines of at most `width` columns;
 * further lines begin with `indent`.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const longest = Math.max(1, width - indent.length);
  const words = text.split(' ').flatMap((word) => {
    const characters = Array.from(word);
    const pieces = Array.from({ length: Math.ceil(characters.length / longest) }, (_, index) => index * longest);
    return pieces.map((from) => characters.slice(from, from + longest).join(''));
  });
  return fill(words, ' ', width, indent);
}

/** Joins items with a separator into lines of at most `width` columns. Items are not broken. */
export function fill(items: readonly string[], separator: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const item of items) {
    if (line === null) line = item;
    else if (widthOf(line) + widthOf(separator) + widthOf(item) <= width) line += separator + item;
    else {
      lines.push(line);
      line = indent + item;
    }
  }
  if (line !== null) lines.push(line);
  return lines;
}
