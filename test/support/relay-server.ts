import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { items, member, nonEmpty } from '../../src/core/base/json.js';
import { parseUpstreams } from '../../src/core/executor/upstream/upstream-options.js';
import { type UpstreamTimes, usualTimes } from '../../src/core/executor/upstream/upstream-times.js';
import { type RunningRelay, serveUpstreams, type ServeUpstreamsOptions } from '../../src/core/serve/serve-upstreams.js';
import { serverDefaults } from './app.js';

/** Probes come often, so that tests need not wait, and are as patient as a busy machine needs. */
const testTimes: UpstreamTimes = {
  ...usualTimes,
  ...{ probeIntervalMs: 200, probeTimeoutMs: 60_000, firstPauseMs: 50, longestPauseMs: 500 },
};

/** For upstreams that fall silent. One that is only slow is taken for down, and used again after its next probe. */
export const impatientTimes: UpstreamTimes = { ...testTimes, probeTimeoutMs: 500 };

/** The queue of such a server, unless a test says otherwise. */
export const relayQueue = {
  maxQueue: 64,
  queueTimeoutMs: 20_000,
  maxQueuedTokens: null,
  ttftTargetMs: null,
  policy: 'fifo',
  classPatienceMs: 60_000,
  preemptAfterMs: null,
} as const;

export interface RelayServer extends RunningRelay {
  readonly post: (
    body: object | string,
    more?: {
      readonly path?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
    },
  ) => Promise<Response>;
  readonly get: (path: string) => Promise<unknown>;
}

/** A server in front of these upstreams, in this process and with real sockets. The caller or the end of the test stops it. */
export async function startRelay(
  upstreams: readonly string[],
  options: Partial<ServeUpstreamsOptions> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<RelayServer> {
  const relay = await serveUpstreams(
    {
      upstreams: parseUpstreams(upstreams, environment),
      ...{
        queue: relayQueue,
        maxConcurrency: null,
        access: null,
        server: serverDefaults,
        version: '1.2.3',
        times: testTimes,
      },
      ...options,
    },
    pino({ level: 'silent' }),
  );
  return {
    ...relay,
    post: (body, { path = '/v1/chat/completions', headers = {}, ...init } = {}) =>
      fetch(relay.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    get: async (path) => {
      const value: unknown = await (await fetch(relay.url + path)).json();
      return value;
    },
  };
}

/** The same for one test, which ends it. */
export async function testRelay(...args: Parameters<typeof startRelay>): Promise<RelayServer> {
  const relay = await startRelay(...args);
  onTestFinished(async () => {
    await relay.drain(0);
  });
  return relay;
}

/** The text of a stream, and the code of the error with which it ended; null if it did not. */
export function readStream(events: string): { readonly text: string; readonly error: string | null } {
  let text = '';
  let error: string | null = null;
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const data: unknown = JSON.parse(line.slice('data: '.length));
    const [choice] = items(member(data, 'choices'));
    text += nonEmpty(member(member(choice, 'delta'), 'content')) ?? '';
    error = nonEmpty(member(member(data, 'error'), 'code')) ?? error;
  }
  return { text, error };
}
