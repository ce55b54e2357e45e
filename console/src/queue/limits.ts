import { signal } from '@preact/signals';
import { ApiError, callJson } from '../api/client.js';
import { queueLimits } from '../api/wire.js';
import { queue } from './queue-feed.js';

export type LimitName = 'max_concurrency' | 'max_queue';

/** One limit: of the line of a model, or of the only line that there is. */
export interface Limit {
  readonly name: LimitName;
  /** Null where there is only one line. */
  readonly model: string | null;
}

interface WantedLimit extends Limit {
  readonly value: number;
}

/** What became of the last change. */
export type LimitNews =
  | { readonly status: 'none' }
  | ({ readonly status: 'set' } & WantedLimit)
  | { readonly status: 'refused'; readonly message: string }
  | { readonly status: 'unreachable' };

export const limitNews = signal<LimitNews>({ status: 'none' });

/** What was asked for and not answered yet. Of several changes in a row only the last one still matters. */
const wanted = signal<readonly WantedLimit[]>([]);

let sending = false;

/** What a limit is about to become; undefined if it has not been turned. */
export function wantedValue(limit: Limit): number | undefined {
  return wanted.value.find((one) => isSame(one, limit))?.value;
}

/** Turns a limit of the server. */
export function turnLimit(limit: Limit, value: number): void {
  wanted.value = [...wanted.value.filter((one) => !isSame(one, limit)), { ...limit, value }];
  if (!sending) void sendWanted();
}

async function sendWanted(): Promise<void> {
  sending = true;
  let [next] = wanted.value;
  while (next !== undefined) {
    const sent = next;
    limitNews.value = await send(sent);
    if (limitNews.value.status !== 'set' || wantedValue(sent) === sent.value) {
      wanted.value = wanted.value.filter((one) => !isSame(one, sent));
    }
    [next] = wanted.value;
  }
  sending = false;
}

async function send({ name, model, value }: WantedLimit): Promise<LimitNews> {
  try {
    const body = { [name]: value, ...(model !== null && { model }) };
    const limits = await callJson('v1/queue', queueLimits, { method: 'PATCH', body });
    // The feed tells it too, up to a fifth of a second later.
    const before = queue.peek();
    if (before !== undefined) queue.value = { ...before, status: { ...before.status, ...limits } };
    const line = limits.models.find((one) => one.name === model) ?? limits;
    return { status: 'set', name, model, value: line[name] };
  } catch (error) {
    return error instanceof ApiError ? { status: 'refused', message: error.message } : { status: 'unreachable' };
  }
}

function isSame(one: Limit, other: Limit): boolean {
  return one.name === other.name && one.model === other.model;
}
