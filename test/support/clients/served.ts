import { afterAll, beforeAll, expect } from 'vitest';
import { syntheticModel, type SyntheticModelOptions } from '../gguf/index.js';
import { queueOf, type QueueView, resizeQueue, untilQueued } from '../queue-view.js';
import { type ServerProcess, startServer } from '../server-process.js';

/** Long enough for an answer that still runs when a test looks, even if the test was held up for some seconds. */
export const longContext = 32_768;

/** Servers that the clients are tried with. */
export const servers = {
  /** A word takes a millisecond, so that calls arrive in pieces. */
  mock: ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms', '--context', '65536', '-n', '8'],
  /** The same, but it repeats the last message. */
  echo: ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms', '--mock-reply', 'echo', '-n', '8'],
  bundled: [
    ...['--gpu', 'off', '--threads', '1', '-n', '2', '--max-tokens', '800'],
    ...['--context', String(longContext / 2)],
  ],
};

/** A real engine with a model that talks nonsense. */
export function nonsense(model: Partial<SyntheticModelOptions> = {}): () => Promise<readonly string[]> {
  const sizes = ['--context', String(longContext), '--threads', '1', '--max-concurrency', '2', '--max-queue', '8'];
  return async () => {
    const path = await syntheticModel({ endOfTurnGain: 2, context: longContext, ...model });
    return ['--model', path, '--gpu', 'off', ...sizes];
  };
}

/** A server that runs while the tests of a `describe` block do. */
export class Served {
  readonly #headers: Readonly<Record<string, string>>;
  #server: ServerProcess | undefined;

  /**
   * @param args arguments of `serve`, or what makes them
   * @param apiKey the key that the server demands, if any
   */
  constructor(args: readonly string[] | (() => Promise<readonly string[]>), apiKey?: string) {
    this.#headers = apiKey === undefined ? {} : { 'x-api-key': apiKey };
    beforeAll(async () => {
      const key = apiKey === undefined ? [] : ['--api-key', apiKey];
      this.#server = await startServer([...(typeof args === 'function' ? await args() : args), ...key]);
    });
    afterAll(async () => {
      expect(await this.#server?.stop()).toBe(0);
    });
  }

  get model(): string {
    return this.#started.ready.model;
  }

  /** What Anthropic's clients take for their base URL. */
  get url(): string {
    return this.#started.url;
  }

  /** What the documentation calls the `base_url`. */
  get baseUrl(): string {
    return `${this.#started.url}/v1`;
  }

  queue(): Promise<QueueView> {
    return queueOf(this.url, this.#headers);
  }

  /** Changes the limits of the queue. */
  async resize(limits: { readonly max_concurrency?: number; readonly max_queue?: number }): Promise<void> {
    await resizeQueue(this.url, limits, this.#headers);
  }

  /** Waits until one request runs. */
  async untilRunning(): Promise<void> {
    await untilQueued(this.url, 1, 0, this.#headers);
  }

  untilIdle(): Promise<QueueView> {
    return untilQueued(this.url, 0, 0, this.#headers);
  }

  /** Waits until nothing runs. @returns how many requests were cancelled since the server's start */
  async cancelledWhenIdle(): Promise<number> {
    return (await this.untilIdle()).totals.cancelled;
  }

  async cancelled(): Promise<number> {
    return (await this.queue()).totals.cancelled;
  }

  get #started(): ServerProcess {
    if (this.#server === undefined) throw new Error('The server has not been started.');
    return this.#server;
  }
}
