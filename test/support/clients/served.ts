import { afterAll, beforeAll, expect } from 'vitest';
import { queueOf, untilQueued } from '../queue-view.js';
import { type ServerProcess, startServer } from '../server-process.js';

/** Servers that the clients are tried with. */
export const servers = {
  /** A word takes a millisecond, so that calls arrive in pieces. */
  mock: ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms', '--context', '65536', '-n', '8'],
  bundled: ['--gpu', 'off', '--threads', '1', '-n', '2', '--max-tokens', '800'],
};

/** A server that runs while the tests of a `describe` block do. */
export class Served {
  #server: ServerProcess | undefined;

  /** @param args arguments of `serve` */
  constructor(args: readonly string[]) {
    beforeAll(async () => {
      this.#server = await startServer(args);
    });
    afterAll(async () => {
      expect(await this.#server?.stop()).toBe(0);
    });
  }

  get model(): string {
    return this.#started.ready.model;
  }

  /** What the documentation calls the `base_url`. */
  get baseUrl(): string {
    return `${this.#started.url}/v1`;
  }

  /** Waits until one request runs. */
  async untilRunning(): Promise<void> {
    await untilQueued(this.#started.url, 1, 0);
  }

  /** Waits until nothing runs. @returns how many requests were cancelled since the server's start */
  async cancelledWhenIdle(): Promise<number> {
    return (await untilQueued(this.#started.url, 0, 0)).totals.cancelled;
  }

  async cancelled(): Promise<number> {
    return (await queueOf(this.#started.url)).totals.cancelled;
  }

  get #started(): ServerProcess {
    if (this.#server === undefined) throw new Error('The server has not been started.');
    return this.#server;
  }
}
