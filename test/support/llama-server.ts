import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll } from 'vitest';
import { items, member } from '../../src/core/base/json.js';
import { until } from './until.js';

/** Loading a model takes a second; on a busy machine, longer. */
const readyDeadlineMs = 120_000;

/** A real llama-server, which generates on the processor. It always has the same port. */
export class LlamaServer {
  readonly url: string;
  readonly #command: readonly [binary: string, ...args: string[]];
  #child: ChildProcess | null = null;
  #log = '';

  private constructor(command: readonly [string, ...string[]], port: number) {
    this.#command = command;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param args further arguments, such as the model */
  static async start(binary: string, args: readonly string[]): Promise<LlamaServer> {
    const port = await freePort();
    const address = ['--host', '127.0.0.1', '--port', String(port)];
    const server = new LlamaServer([binary, ...address, '-ngl', '0', ...args], port);
    await server.start();
    return server;
  }

  /** Starts it again after its end. Resolves when its model is loaded. */
  async start(): Promise<void> {
    const [binary, ...args] = this.#command;
    const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.once('error', (error) => (this.#log += String(error)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    this.#child = child;
    started.add(child);
    const isReady = (): Promise<boolean> =>
      fetch(`${this.url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(async () => hasEnded(child) || (await isReady()), 'llama-server to be ready', readyDeadlineMs);
    if (hasEnded(child)) throw new Error(`llama-server did not start:\n${this.#log.slice(-2000)}`);
  }

  /** Its slots, as `GET /slots` has them. */
  async slots(): Promise<readonly LlamaSlot[]> {
    const slots: unknown = await (await fetch(`${this.url}/slots`)).json();
    return items(slots).map((slot) => ({
      isProcessing: member(slot, 'is_processing') === true,
      decoded: Number(member(items(member(slot, 'next_token'))[0], 'n_decoded') ?? 0),
    }));
  }

  /** Ends it at once, in the middle of what it does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.kill('SIGKILL');
    await until(() => hasEnded(child), 'llama-server to end');
  }
}

interface LlamaSlot {
  readonly isProcessing: boolean;
  /** Tokens that its generation has, or that the last one had. */
  readonly decoded: number;
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** One that was free a moment ago: llama-server does not choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Whatever a failed test left behind ends with its file. */
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});
