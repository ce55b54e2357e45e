import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { type KeyTerms, usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, type TestAppOptions, until } from '../../support/app.js';

/** A key of a user without limits, as far as nothing else is said; {@link sent} sends it. */
export function key(name: string, more: Partial<KeySettings> = {}): KeySettings {
  const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
  return { name, digest: digestOf(`secret-${name}`), ...plain, ...more };
}

/** The headers of requests with the key of this name. */
export const sent = (name: string): { authorization: string } => ({ authorization: `Bearer secret-${name}` });

/** A fair server of these keys, with two slots and long answers. */
export function keyedServer(keys: readonly KeySettings[], options: TestAppOptions = {}): Promise<TestApp> {
  const terms = new Map(keys.map(({ name, terms: own }): [string, KeyTerms] => [name, own]));
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
  return testApp({
    engine: { reply: 'long' },
    ...options,
    keys,
    queue: { maxConcurrency: 2, fair, ...options.queue },
  });
}

/** Sends a request that runs or waits when this resolves. */
export async function join({ ask, inference }: TestApp, name: string, body: object = {}): Promise<void> {
  const before = inference.running + inference.waiting;
  void ask('/v1/chat/completions', chat('hi', { max_tokens: 400, ...body }), sent(name));
  await until(() => inference.running + inference.waiting > before);
}

interface Queue {
  readonly running_count: number;
  readonly waiting_count: number;
  readonly running: readonly { readonly key: string; readonly class: string }[];
  readonly waiting: readonly { readonly key: string; readonly class: string; readonly position: number }[];
}

/** The queue as the key of this name sees it. */
export async function queueOf(made: TestApp, name: string): Promise<Queue> {
  return (await made.get('/v1/queue', sent(name))).json<Queue>();
}
