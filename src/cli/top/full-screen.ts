import { columnsOf } from '../terminal/terminal.js';

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** The codes of arrow keys, including those of the mode in which some programs leave a terminal. */
const arrows: ReadonlyMap<string, string> = new Map([
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001bOB', 'down'],
]);

/** A picture that fills the terminal. When it is closed, the terminal looks as before. Its functions need no `this`. */
export interface FullScreen {
  readonly size: () => { readonly width: number; readonly height: number };
  /** Replaces the picture. Lines have to fit. */
  readonly draw: (lines: readonly string[]) => void;
  readonly close: () => void;
}

export interface FullScreenHooks {
  /** Called with each key, such as `q` or `+`; arrows are `up` and `down`, Ctrl-C is `\u0003`. */
  readonly onKey: (key: string) => void;
  /** Called when the size of the window has changed. */
  readonly onResize: () => void;
}

/** Takes over the terminal. The caller must close it in any case, or the shell is left without a cursor. */
export function openFullScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  { onKey, onResize }: FullScreenHooks,
): FullScreen {
  const onData = (text: string): void => {
    // Keys that send several characters, apart from arrows, are ignored; several keys may arrive at once.
    const arrow = arrows.get(text);
    if (arrow !== undefined) onKey(arrow);
    else if (!text.startsWith('\u001b')) for (const key of text) onKey(key);
  };
  const reads = input.isTTY;
  if (reads) input.setRawMode(true).setEncoding('utf8').on('data', onData).resume();
  output.on('resize', onResize);
  output.write(enter);
  return {
    size: () => ({ width: columnsOf(output), height: output.rows > 0 ? output.rows : 24 }),
    draw(lines) {
      // One write that replaces each line in place: clearing everything first would flicker.
      output.write(`${home}${lines.map((line) => line + clearLine).join('\r\n')}${clearBelow}`);
    },
    close() {
      output.off('resize', onResize);
      if (reads) input.off('data', onData).setRawMode(false).pause();
      output.write(leave);
    },
  };
}
