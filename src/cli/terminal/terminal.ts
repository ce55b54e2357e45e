import { styleText } from 'node:util';
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

/** How a report looks on a stream. Lines beyond the usual width would be hard to read, however wide the terminal is. */
export function reportStyle(stream: NodeJS.WriteStream): ReportStyle {
  return { colour: hasColours(stream), width: stream.isTTY ? Math.min(defaultWidth, columnsOf(stream)) : defaultWidth };
}
