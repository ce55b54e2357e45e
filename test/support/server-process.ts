import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Static, Type } from 'typebox';
import { afterAll } from 'vitest';
import { lives } from '../core/engine/process/processes.js';
import { parseAs } from './parse-as.js';
import { until } from './until.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** For a machine that does other things as well; alone it takes less than a second. */
const readyDeadlineMs = 90_000;

/** Variables of the test runner and its environment, which a user's server would not see. */
const foreignVariables = /^(CHATSTREAM_.*|VITEST.*|NODE_ENV|NODE_OPTIONS|UV_THREADPOOL_SIZE|NO_COLOR|FORCE_COLOR)$/;

const readyEvent = Type.Object({
  event: Type.Literal('ready'),
  url: Type.String(),
  model: Type.String(),
  context_length: Type.Integer(),
  slots: Type.Integer(),
  max_concurrency: Type.Integer(),
  max_queue: Type.Integer(),
});

const engineReadyLine = Type.Object({ msg: Type.Literal('engine ready'), pid: Type.Integer() });

export type ReadyEvent = Static<typeof readyEvent>;

export type Variables = Readonly<Record<string, string>>;

export interface CliSettings {
  /** What the process writes to instead of a pipe that is read: a file's descriptor. */
  readonly stdout?: number;
  /** The number of files and connections that it may have open; by default that of this process. */
  readonly openFiles?: number;
}

/** A run of the real binary. It ends with the test file at the latest. */
export class CliProcess {
  stdout = '';
  stderr = '';
  /** The exit code; null if a signal ended it. Never rejects. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  #hasExited = false;

  constructor(args: readonly string[], variables: Variables = {}, { stdout, openFiles }: CliSettings = {}) {
    const own = Object.entries(process.env).filter(([name]) => !foreignVariables.test(name));
    const command = [process.execPath, binary, ...args];
    const limited = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(openFiles), ...command];
    const [program = '', ...rest] = openFiles === undefined ? command : limited;
    this.#child = spawn(program, rest, {
      env: { ...Object.fromEntries(own), ...variables },
      stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      // At `close` all output has been read. The engine process has pipes of its own and does not hold it up.
      this.#child.once('close', (code) => {
        this.#hasExited = true;
        resolve(code);
      });
    });
    started.add(this);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${binary} could not be started.`);
    return pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** The whole lines of the log on stderr that are JSON, which all of them are unless the process crashes. */
  get log(): unknown[] {
    return this.stderr
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line): unknown => JSON.parse(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Closes the pipe that the process writes to, as \`head\` does when it has seen enough. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }
}

/** A server that is ready. */
export class ServerProcess extends CliProcess {
  /** The content of the first line on stdout. */
  get ready(): ReadyEvent {
    return parseAs(readyEvent, JSON.parse(this.stdout.split('\n', 1)[0] ?? ''));
  }

  get url(): string {
    return this.ready.url;
  }

  /** The engine processes so far, by their "engine ready" lines; the last one is the current one. */
  get enginePids(): readonly number[] {
    const lines = this.log.filter((line) => hasMessage(line, 'engine ready'));
    return lines.map((line) => parseAs(engineReadyLine, line).pid);
  }

  /** The current engine process. */
  get enginePid(): number {
    const pid = this.enginePids.at(-1);
    if (pid === undefined) throw new Error('No engine has become ready yet.');
    return pid;
  }

  /** Sends a signal and waits for the end. @returns the exit code; null if the signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.signal(signal);
    try {
      await until(() => this.hasExited, `the server to end after ${signal}`);
    } catch (error) {
      throw new Error(`Its log ends with:\n${this.stderr.slice(-2000)}`, { cause: error });
    }
    return this.exited;
  }
}

/**
 * Starts `chatstream serve` on a free port and waits until it takes requests.
 *
 * @param args further arguments of `serve`
 * @param openFiles how many files the server may have open
 */
export async function startServer(
  args: readonly string[],
  variables: Variables = {},
  settings: CliSettings = {},
): Promise<ServerProcess> {
  const server = new ServerProcess(['serve', '--port', '0', '--json', ...args], variables, settings);
  try {
    // The log is asynchronous and may come a moment after the ready line.
    const isReady = (): boolean => server.stdout.includes('\n') && server.enginePids.length > 0;
    await until(() => isReady() || server.hasExited, 'the server to be ready', readyDeadlineMs);
    if (server.hasExited) throw new Error('It ended instead of becoming ready.');
    return server;
  } catch (error) {
    server.signal('SIGKILL');
    throw new Error(`serve ${args.join(' ')} did not start:\n${server.stdout}${server.stderr}`, { cause: error });
  }
}

/** Runs the binary to its end. */
export async function runCli(args: readonly string[], variables: Variables = {}): Promise<CliProcess> {
  const run = new CliProcess(args, variables);
  await until(() => run.hasExited, `the end of "chatstream ${args.join(' ')}"`, readyDeadlineMs);
  return run;
}

function hasMessage(line: unknown, message: string): boolean {
  return typeof line === 'object' && line !== null && 'msg' in line && line.msg === message;
}

const started = new Set<CliProcess>();

/** Whatever a failed test left behind ends with its file, or with the test runner's process. */
function endAll(): void {
  for (const run of started) {
    if (run.hasExited) continue;
    run.signal('SIGKILL');
    // The engine ends on its own when its server is gone. A test may have failed because it does not.
    if (run instanceof ServerProcess) for (const pid of run.enginePids.filter(lives)) process.kill(pid, 'SIGKILL');
  }
  started.clear();
}

afterAll(endAll);
process.once('exit', endAll);
