import { styleText } from 'node:util';
import wrapAnsi from 'wrap-ansi';
import { defaultWidth, type ReportStyle } from '../../core/report/text/style.js';

type Style = Parameters<typeof styleText>[0];

/** Whether a stream shows colours: it is a terminal, and they are not switched off. See https://no-color.org. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Styles text for the stream to which it is written; plain where colours are not wanted. */
export function styled(stream: NodeJS.WriteStream, style: Style, text: string): string {
  // Node would decide by stdout, whichever stream the text is for.
  return hasColours(stream) ? styleText(style, text, { validateStream: false }) : text;
}

/** The width of a terminal, in columns. Some report a width of 0; pipes and files report none. */
export function columnsOf({ columns }: { readonly columns?: number | undefined }): number {
  return columns !== undefined && columns > 0 ? columns : 80;
}

/**
 * Text for a stream: broken between words where a terminal would break it anywhere, and unchanged for pipes and files. Words that are
 * longer than a line, such as URLs, and indented lines, such as examples, stay whole, so that they can be copied.
 */
export function wrappedFor(stream: NodeJS.WriteStream, text: string): string {
  if (!stream.isTTY) return text;
  const wrapped = (line: string): string => (/^\s/.test(line) ? line : wrapAnsi(line, columnsOf(stream)));
  return text.split('\n').map(wrapped).join('\n');
}

/** How a report looks on a stream. Lines beyond the usual width would be hard to read, however wide the terminal is. */
export function reportStyle(stream: NodeJS.WriteStream): ReportStyle {
  return { colour: hasColours(stream), width: stream.isTTY ? Math.min(defaultWidth, columnsOf(stream)) : defaultWidth };
}
