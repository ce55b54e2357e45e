import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Whether a stream shows colours: a terminal on which they are not switched off. See https://no-color.org. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Styles text for the stream that it goes to; plain where colours are not wanted. */
export function styled(stream: NodeJS.WriteStream, style: Style, text: string): string {
  // Node would decide by stdout, whichever stream the text is for.
  return hasColours(stream) ? styleText(style, text, { validateStream: false }) : text;
}
