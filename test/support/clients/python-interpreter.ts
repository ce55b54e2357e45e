import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { items, member, nonEmpty } from '../../../src/core/base/json.js';

const program = fileURLToPath(new URL('../../slow/python/interpreter.py', import.meta.url));

/** An interpreter in which scripts of test/slow/python run one after the other. It starts with the first of them. */
export class PythonInterpreter {
  readonly #python: string;
  #process: PythonProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** @param python the path of the executable */
  constructor(python: string) {
    this.#python = python;
  }

  /**
   * Runs a script when all that were asked for before have ended.
   *
   * @param signal kills the interpreter if it comes before the script ends; the next script gets a new one
   * @returns the checks that passed
   * @throws Error with what Python says if one failed
   */
  run(script: string, args: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const run = this.#last.then(() => this.#run(script, args, signal));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    await this.#process?.close();
  }

  async #run(script: string, args: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    const process = this.#process?.hasClosed === false ? this.#process : new PythonProcess(this.#python);
    this.#process = process;
    const kill = (): void => {
      process.kill();
    };
    signal.addEventListener('abort', kill);
    try {
      const reply: unknown = JSON.parse(await process.ask(JSON.stringify([script, ...args])));
      const passed = items(member(reply, 'passed')).map(String);
      const error = member(reply, 'error');
      if (error === null) return passed;
      throw new Error(`${script} failed after "${passed.join(' ')}":\n${nonEmpty(error)?.slice(-4000)}`);
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }
}

class PythonProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #closed: Promise<unknown>;
  #hasClosed = false;
  #errors = '';

  constructor(python: string) {
    // Without files of bytecode beside the scripts.
    this.#child = spawn(python, ['-B', program]);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    // A process that has died is noticed by its end.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#closed = once(this.#child, 'close').finally(() => (this.#hasClosed = true));
    // Only a script that waits for an answer is told.
    this.#closed.catch(() => undefined);
  }

  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  /** @throws Error if the process ends without an answer */
  async ask(line: string): Promise<string> {
    const answered = once(this.#lines, 'line');
    this.#child.stdin.write(`${line}\n`);
    const ended = this.#closed.then(() => {
      throw new Error(
        `Python has ended, with ${this.#child.signalCode ?? this.#child.exitCode}:\n${this.#errors.slice(-4000)}`,
      );
    });
    return String((await Promise.race([answered, ended]))[0]);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    // If it could not be started, the first script has failed with the reason.
    await this.#closed.catch(() => undefined);
  }
}
