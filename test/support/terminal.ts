import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from './until.js';

const run = promisify(execFile);

/** A terminal in which a test types as a person would. */
export class Terminal {
  /** A tmux server of its own, which knows nothing of the user's sessions. */
  readonly #socket = `chatstream-test-${process.pid}`;

  /** Opens a shell. */
  async start({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<void> {
    await this.#tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh');
  }

  /** Types a text and Enter. */
  async enter(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
    await this.#tmux('send-keys', 'Enter');
  }

  /** @param key in tmux's notation, such as `q` or `C-c` */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** @returns the screen as soon as it shows that */
  async untilShown(text: string | RegExp): Promise<string> {
    return await until(async () => {
      const shown = await this.#tmux('capture-pane', '-p');
      return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) && shown;
    }, `${text} on the screen`);
  }

  async end(): Promise<void> {
    await this.#tmux('kill-server');
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-L', this.#socket, ...args]);
    return stdout;
  }
}

/** Whether there is tmux. On CI everything is installed, and nothing is skipped. */
export function hasTerminal(): boolean {
  try {
    execFileSync('tmux', ['-V']);
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error('CI needs tmux.');
    return false;
  }
}
