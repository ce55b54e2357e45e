import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../../base/errors.js';
import { type Http, jsonOf } from './http.js';

const queueView = Compile(
  Type.Object({
    max_concurrency: Type.Integer(),
    max_queue: Type.Integer(),
    slots: Type.Integer(),
    running: Type.Array(Type.Unknown()),
    waiting: Type.Array(Type.Unknown()),
  }),
);
const failure = Compile(Type.Object({ error: Type.Object({ message: Type.String() }) }));

/** Setting a chatstream server's max-concurrency while it runs. */
export interface QueueControl {
  /** What it was set to at first. */
  readonly original: number;
  /** Sequences that it has: the most that it can be set to. */
  readonly slots: number;
  readonly maxQueue: number;
  /** @throws ChatstreamError `target_unreachable` if it refuses */
  setMaxConcurrency(maxConcurrency: number): Promise<void>;
  /** Requests that run or wait now. */
  busy(): Promise<number>;
  /** Puts back what it was set to at first. */
  restore(): Promise<void>;
}

/** @returns null if the server cannot be told, or does not let us */
export async function queueControl(http: Http): Promise<QueueControl | null> {
  const answer = await http.get('/v1/queue');
  const view = answer.status === 200 ? jsonOf(answer) : undefined;
  if (!queueView.Check(view)) return null;
  const original = view.max_concurrency;
  // Setting it to what it is changes nothing, and tells now rather than in the middle of a sweep whether we may.
  const allowed = await http.send('PATCH', '/v1/queue', { max_concurrency: original });
  if (allowed.status !== 200) return null;
  let current = original;
  const setMaxConcurrency = async (maxConcurrency: number): Promise<void> => {
    if (maxConcurrency === current) return;
    const changed = await http.send('PATCH', '/v1/queue', { max_concurrency: maxConcurrency });
    if (changed.status !== 200) {
      const json = jsonOf(changed);
      const reason = failure.Check(json) ? json.error.message : `HTTP ${changed.status}`;
      const message = `The server's max-concurrency cannot be set to ${maxConcurrency}: ${reason}`;
      throw new ChatstreamError('target_unreachable', message, { hint: 'Look into its log.' });
    }
    current = maxConcurrency;
  };
  return {
    original,
    slots: view.slots,
    maxQueue: view.max_queue,
    setMaxConcurrency,
    async busy() {
      const now = jsonOf(await http.get('/v1/queue'));
      return queueView.Check(now) ? now.running.length + now.waiting.length : 0;
    },
    restore: () => setMaxConcurrency(original),
  };
}
