import { setTimeout as delay } from 'node:timers/promises';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../../base/errors.js';
import { type SlotsAt, slotsAtOf } from '../../measurement/slots.js';
import { type Answer, type Http, jsonOf } from './http.js';

const limits = { max_concurrency: Type.Integer(), max_queue: Type.Integer(), slots: Type.Integer() };
const queueView = Compile(
  Type.Object({
    ...limits,
    /** Only for a server with several models, each of which has its own limits. */
    models: Type.Optional(Type.Array(Type.Object({ ...limits, name: Type.String() }))),
    /** Only where others have them. */
    slots_at: Type.Optional(Type.String()),
    running: Type.Array(Type.Unknown()),
    waiting: Type.Array(Type.Unknown()),
  }),
);
const failure = Compile(Type.Object({ error: Type.Object({ message: Type.String() }) }));

/** Sets a chatstream server's max-concurrency while it runs. */
export interface QueueControl {
  /** Its original max-concurrency. */
  readonly original: number;
  /** The number of its slots, which is the highest max-concurrency that it accepts. */
  readonly slots: number;
  readonly slotsAt: SlotsAt;
  readonly maxQueue: number;
  /** @throws ChatstreamError `target_unreachable` if it refuses */
  setMaxConcurrency(maxConcurrency: number): Promise<void>;
  /** The number of requests that run or wait now. */
  busy(): Promise<number>;
  /** Restores {@link original}, if anything else was set. */
  restore(): Promise<void>;
}

/**
 * For how long, and at which intervals in milliseconds, a server that cannot change its limit at the moment is asked
 * again.
 */
const retries = { forMs: 5000, everyMs: 250 } as const;

/**
 * A front of a cluster answered when it was ready, but may not have found its line yet, or NATS may be slow to store
 * the limit, for which the front waits. In both cases it answers with a 503.
 */
async function patched(http: Http, limits: object): Promise<Answer> {
  const endMs = performance.now() + retries.forMs;
  for (;;) {
    const answer = await http.send('PATCH', '/v1/queue', limits);
    if (answer.status !== 503 || performance.now() >= endMs) return answer;
    await delay(retries.everyMs);
  }
}

/**
 * @param model the one that requests ask for; under another name, a server with several models understands its first
 *   one
 * @returns null if the server has no such setting, or does not allow changing it
 */
export async function queueControl(http: Http, model: string): Promise<QueueControl | null> {
  const answer = await http.get('/v1/queue');
  const view = answer.status === 200 ? jsonOf(answer) : undefined;
  if (!queueView.Check(view)) return null;
  const line = view.models?.find(({ name }) => name === model) ?? view.models?.[0];
  const { max_concurrency: original, max_queue: maxQueue, slots } = line ?? view;
  const limitsOf = (maxConcurrency: number): object => {
    return { ...(line !== undefined && { model: line.name }), max_concurrency: maxConcurrency };
  };
  // Setting the current value changes nothing, but shows now, and not in the middle of a sweep, whether it is allowed.
  const allowed = await patched(http, limitsOf(original));
  if (allowed.status !== 200) return null;
  let isChanged = false;
  // Set even if it should have that value already, because someone else may have changed it.
  const setMaxConcurrency = async (maxConcurrency: number): Promise<void> => {
    const changed = await patched(http, limitsOf(maxConcurrency));
    if (changed.status !== 200) {
      const json = jsonOf(changed);
      const reason = failure.Check(json) ? json.error.message : `HTTP ${changed.status}`;
      const message = `The server's max-concurrency cannot be set to ${maxConcurrency}: ${reason}`;
      throw new ChatstreamError('target_unreachable', message, { hint: 'See its log.' });
    }
    isChanged = maxConcurrency !== original;
  };
  return {
    original,
    slots,
    slotsAt: slotsAtOf(view.slots_at),
    maxQueue,
    setMaxConcurrency,
    async busy() {
      const now = jsonOf(await http.get('/v1/queue'));
      return queueView.Check(now) ? now.running.length + now.waiting.length : 0;
    },
    async restore() {
      if (isChanged) await setMaxConcurrency(original);
    },
  };
}
