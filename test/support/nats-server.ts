import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { afterAll } from 'vitest';
import { until } from './until.js';

/** Whether there is a NATS server to test with: `describe.skipIf(!hasNats())('…' + needsNats, …)`. */
export function hasNats(): boolean {
  return spawnSync('nats-server', ['--version']).status === 0;
}

/** For titles of tests that are skipped without one. */
export const needsNats = '(needs nats-server)';

/** A real NATS server on a free port of this machine. */
export class NatsServer {
  /** As `host:port`. */
  readonly address: string;
  readonly #args: readonly string[];
  #child: ChildProcess;
  #log: () => string;

  private constructor({ child, log }: Spawned, port: string, args: readonly string[]) {
    this.#child = child;
    this.#log = log;
    this.address = `127.0.0.1:${port}`;
    this.#args = ['-a', '127.0.0.1', '-p', port, ...args];
  }

  static async start(args: readonly string[] = []): Promise<NatsServer> {
    const spawned = spawnNats(['-a', '127.0.0.1', '-p', '-1', ...args]);
    const port = await until(
      () => /client connections on 127\.0\.0\.1:(\d+)[^]*Server is ready/.exec(spawned.log())?.[1],
      'NATS',
    );
    return new NatsServer(spawned, port, args);
  }

  /** What it has logged since its last start. */
  get log(): string {
    return this.#log();
  }

  /** Ends it, and starts it again on the same port. @param args more of them, for this time */
  async restart(args: readonly string[] = []): Promise<void> {
    await this.stop();
    const { child, log } = spawnNats([...this.#args, ...args]);
    this.#child = child;
    this.#log = log;
    await until(() => log().includes('Server is ready'), 'NATS to be back');
  }

  /** Such as SIGSTOP, after which it hangs, and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    child.kill('SIGKILL');
    await until(() => child.exitCode !== null || child.signalCode !== null, 'NATS to end');
  }
}

interface Spawned {
  readonly child: ChildProcess;
  readonly log: () => string;
}

function spawnNats(args: readonly string[]): Spawned {
  const child = spawn('nats-server', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  started.add(child);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  return { child, log: () => log };
}

/** Whatever a failed test left behind ends with its file. */
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});
