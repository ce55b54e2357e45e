import { randomUUID } from 'node:crypto';
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
  /** The max-concurrency that it had at first; that which is put back is what it has when it is set for the first time. */
  readonly original: number;
  /** The number of its slots, which is the highest max-concurrency that it accepts. */
  readonly slots: number;
  readonly slotsAt: SlotsAt;
  readonly maxQueue: number;
  /** @throws ChatstreamError `target_unreachable` if it refuses */
  setMaxConcurrency(maxConcurrency: number): Promise<void>;
  /** The number of requests that run or wait now. */
  busy(): Promise<number>;
  /**
   * Lets the server put back what it had before the first setting, unless someone else has changed it since. A server of
   * chatstream 0.1, and a cluster, get {@link original} back.
   */
  restore(): Promise<void>;
}

/** By which servers know the changes of this process, also where two of its targets are one server. */
const benchId = randomUUID();

/** For how long the server keeps other benches from setting it, and how often that is renewed, in seconds. */
const held = { forSeconds: 60, renewedEverySeconds: 15 } as const;

/** For how long, and after how many milliseconds each time, a server is asked again that cannot change its limit at the moment. */
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
 * @param model the one that requests ask for; by another name, a server with several models takes it for its first
 * @param id of who sets it: the server lets nobody else do so meanwhile
 * @returns null if the server has no such setting, or does not allow changing it
 */
export async function queueControl(http: Http, model: string, id: string = benchId): Promise<QueueControl | null> {
  const answer = await http.get('/v1/queue');
  const view = answer.status === 200 ? jsonOf(answer) : undefined;
  if (!queueView.Check(view)) return null;
  const line = view.models?.find(({ name }) => name === model) ?? view.models?.[0];
  const { max_concurrency: original, max_queue: maxQueue, slots } = line ?? view;
  const named = line === undefined ? {} : { model: line.name };
  const ended = { ...named, hold: { id, seconds: 0 } };
  // Ending a hold that has not begun changes nothing, but shows now, and not in the middle of a sweep, whether it is allowed.
  const allowed = await patched(http, ended);
  const holds = allowed.status !== 400;
  // chatstream 0.1 knows no holds. Setting the current value changes nothing either.
  const { status } = holds ? allowed : await patched(http, { ...named, max_concurrency: original });
  if (status !== 200) return null;
  const hold = holds ? { hold: { id, seconds: held.forSeconds } } : {};
  // Holds are those of one front of a cluster, and limits those of the cluster.
  const own = holds && view.slots_at !== 'nodes' ? {} : { max_concurrency: original };
  let isChanged = false;
  let renewing: NodeJS.Timeout | null = null;
  let renewal: Promise<unknown> = Promise.resolve();
  const keepHold = (): void => {
    renewing ??= setInterval(() => {
      // If it fails, the next one may not, or the next setting says why.
      renewal = http.send('PATCH', '/v1/queue', { ...named, ...hold }).catch(() => undefined);
    }, held.renewedEverySeconds * 1000).unref();
  };
  return {
    original,
    slots,
    slotsAt: slotsAtOf(view.slots_at),
    maxQueue,
    // Also if it should have that value already: it may have been changed by someone else.
    async setMaxConcurrency(maxConcurrency) {
      // Also if it is refused: a 503, or no answer, may follow a change.
      isChanged = true;
      const changed = await patched(http, { ...named, max_concurrency: maxConcurrency, ...hold });
      if (changed.status !== 200) {
        const message = `The server's max-concurrency cannot be set to ${maxConcurrency}: ${reasonIn(changed)}`;
        throw new ChatstreamError('target_unreachable', message, { hint: 'See its log.' });
      }
      if (holds) keepHold();
    },
    async busy() {
      const now = jsonOf(await http.get('/v1/queue'));
      return queueView.Check(now) ? now.running.length + now.waiting.length : 0;
    },
    async restore() {
      if (!isChanged) return;
      isChanged = false;
      if (renewing !== null) clearInterval(renewing);
      renewing = null;
      // One that came after the end would begin another hold.
      await renewal;
      const restored = await patched(http, { ...(holds ? ended : named), ...own });
      if (restored.status !== 200) throw new ChatstreamError('target_unreachable', reasonIn(restored));
    },
  };
}

function reasonIn(answer: Answer): string {
  const json = jsonOf(answer);
  return failure.Check(json) ? json.error.message : `HTTP ${answer.status}`;
}
