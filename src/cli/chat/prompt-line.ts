import { createInterface } from 'node:readline';

/** The text that someone has entered at the prompt. */
export type Entered =
  | { readonly type: 'text'; readonly text: string }
  /** Ctrl-C on an empty line. */
  | { readonly type: 'interrupted' }
  /** Ctrl-D, or the terminal is gone. */
  | { readonly type: 'ended' };

/** Lines of pasted text arrive at once; people type more slowly. */
const pasteMs = 20;

const quotes = '"""';

/**
 * Asks for a text on a terminal. A paste is one text, however many lines it has. A text that begins with `"""`
 * continues up to the line that ends with it.
 *
 * @param history earlier entries, the latest first; the new entry is added to it
 */
export function promptLine(prompt: string, history: string[]): Promise<Entered> {
  return new Promise((resolve) => {
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      history,
      historySize: 1000,
      removeHistoryDuplicates: true,
    });
    let lines: string[] = [];
    let isDone = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (entered: Entered): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      reader.close();
      resolve(entered);
    };
    const isOpen = (): boolean => {
      const text = lines.join('\n').trim();
      return text.startsWith(quotes) && (text.length < 2 * quotes.length || !text.endsWith(quotes));
    };
    reader.on('history', (all: readonly string[]) => {
      history.splice(0, history.length, ...all);
    });
    reader.on('line', (line) => {
      lines.push(line);
      clearTimeout(timer);
      timer = setTimeout(() => {
        // The paste has an unfinished last line, or closing quotation marks are still to come.
        if (reader.line !== '') return;
        if (isOpen()) {
          reader.setPrompt('… ');
          reader.prompt();
        } else finish({ type: 'text', text: unquoted(lines.join('\n').trim()) });
      }, pasteMs);
    });
    reader.on('SIGINT', () => {
      const isEmpty = reader.line === '' && lines.length === 0;
      process.stdout.write('\n');
      if (isEmpty) {
        finish({ type: 'interrupted' });
        return;
      }
      lines = [];
      // Readline has no function that empties its line; these are the keys that do.
      reader.write(null, { ctrl: true, name: 'e' });
      reader.write(null, { ctrl: true, name: 'u' });
      reader.setPrompt(prompt);
      reader.prompt();
    });
    reader.on('close', () => {
      if (!isDone) process.stdout.write('\n');
      finish({ type: 'ended' });
    });
    reader.prompt();
  });
}

function unquoted(text: string): string {
  const isQuoted = text.startsWith(quotes) && text.endsWith(quotes) && text.length >= 2 * quotes.length;
  return isQuoted ? text.slice(quotes.length, -quotes.length).trim() : text;
}
