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
 * Finds out whether a server's max-concurrency can be set, and how.
 *
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
  // Ending a hold that has not begun changes nothing, but shows now, and not in the middle of a sweep, whether it is allowed.
  const allowed = await patched(http, { ...named, ...holdOf(id, 0) });
  const knowsHolds = allowed.status !== 400;
  // chatstream 0.1 knows no holds. Setting the current value changes nothing either.
  const { status } = knowsHolds ? allowed : await patched(http, { ...named, max_concurrency: original });
  if (status !== 200) return null;
  const figures = { original, slots, slotsAt: slotsAtOf(view.slots_at), maxQueue };
  return new SettableQueue(http, { named, holder: knowsHolds ? id : null }, figures);
}

function holdOf(id: string, seconds: number): object {
  return { hold: { id, seconds } };
}

/** How changes of a queue are sent. */
interface Changing {
  /** What names the line in requests; empty where there is one. */
  readonly named: object;
  /** Who holds the limit while it is changed; null if the server knows no holds. */
  readonly holder: string | null;
}

class SettableQueue implements QueueControl {
  readonly original: number;
  readonly slots: number;
  readonly slotsAt: SlotsAt;
  readonly maxQueue: number;
  readonly #http: Http;
  readonly #changing: Changing;
  #isChanged = false;
  #renewing: NodeJS.Timeout | null = null;
  #renewal: Promise<unknown> = Promise.resolve();

  constructor(
    http: Http,
    changing: Changing,
    { original, slots, slotsAt, maxQueue }: Pick<QueueControl, 'original' | 'slots' | 'slotsAt' | 'maxQueue'>,
  ) {
    this.#http = http;
    this.#changing = changing;
    this.original = original;
    this.slots = slots;
    this.slotsAt = slotsAt;
    this.maxQueue = maxQueue;
  }

  // Also if it should have that value already: it may have been changed by someone else.
  async setMaxConcurrency(maxConcurrency: number): Promise<void> {
    // Also if it is refused: a 503, or no answer, may follow a change.
    this.#isChanged = true;
    const changed = await patched(this.#http, { ...this.#held(held.forSeconds), max_concurrency: maxConcurrency });
    if (changed.status !== 200) {
      const message = `The server's max-concurrency cannot be set to ${maxConcurrency}: ${reasonIn(changed)}`;
      throw new ChatstreamError('target_unreachable', message, { hint: 'See its log.' });
    }
    if (this.#changing.holder !== null) this.#keepHold();
  }

  async busy(): Promise<number> {
    const now = jsonOf(await this.#http.get('/v1/queue'));
    return queueView.Check(now) ? now.running.length + now.waiting.length : 0;
  }

  async restore(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    if (this.#renewing !== null) clearInterval(this.#renewing);
    this.#renewing = null;
    // One that came after the end would begin another hold.
    await this.#renewal;
    // Holds are those of one front of a cluster, and limits those of the cluster.
    const isPutBack = this.#changing.holder !== null && this.slotsAt !== 'nodes';
    const own = isPutBack ? {} : { max_concurrency: this.original };
    const restored = await patched(this.#http, { ...this.#held(0), ...own });
    if (restored.status !== 200) throw new ChatstreamError('target_unreachable', reasonIn(restored));
  }

  /** What a change begins with: its line, and for how many seconds nobody else may change it. */
  #held(seconds: number): object {
    const { named, holder } = this.#changing;
    return holder === null ? named : { ...named, ...holdOf(holder, seconds) };
  }

  #keepHold(): void {
    this.#renewing ??= setInterval(() => {
      // If it fails, the next one may not, or the next setting says why.
      this.#renewal = this.#http.send('PATCH', '/v1/queue', this.#held(held.forSeconds)).catch(() => undefined);
    }, held.renewedEverySeconds * 1000).unref();
  }
}

function reasonIn(answer: Answer): string {
  const json = jsonOf(answer);
  return failure.Check(json) ? json.error.message : `HTTP ${answer.status}`;
}
