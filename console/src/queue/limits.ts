import { signal } from '@preact/signals';
import { ApiError, callJson } from '../api/client.js';
import { queueLimits } from '../api/wire.js';
import { queue } from './queue-feed.js';

export type LimitName = 'max_concurrency' | 'max_queue';

/** What became of the last change. */
export type LimitNews =
  | { readonly status: 'none' }
  | { readonly status: 'set'; readonly name: LimitName; readonly value: number }
  | { readonly status: 'refused'; readonly message: string }
  | { readonly status: 'unreachable' };

export const limitNews = signal<LimitNews>({ status: 'none' });

/** What was asked for and not answered yet. Of several changes in a row only the last one still matters. */
export const wanted = signal<Readonly<Partial<Record<LimitName, number>>>>({});

let sending = false;

/** Turns a limit of the server. */
export function turnLimit(name: LimitName, value: number): void {
  wanted.value = { ...wanted.value, [name]: value };
  if (!sending) void sendWanted();
}

async function sendWanted(): Promise<void> {
  sending = true;
  let [next] = entries();
  while (next !== undefined) {
    const [name, value] = next;
    limitNews.value = await send(name, value);
    if (limitNews.value.status !== 'set' || wanted.value[name] === value) {
      wanted.value = Object.fromEntries(entries().filter(([other]) => other !== name));
    }
    [next] = entries();
  }
  sending = false;
}

async function send(name: LimitName, value: number): Promise<LimitNews> {
  try {
    const limits = await callJson('v1/queue', queueLimits, { method: 'PATCH', body: { [name]: value } });
    // The feed tells it too, up to a fifth of a second later.
    const before = queue.peek();
    if (before !== undefined) queue.value = { ...before, status: { ...before.status, ...limits } };
    return { status: 'set', name, value: limits[name] };
  } catch (error) {
    return error instanceof ApiError ? { status: 'refused', message: error.message } : { status: 'unreachable' };
  }
}

function entries(): (readonly [LimitName, number])[] {
  const names = ['max_concurrency', 'max_queue'] as const;
  return names.flatMap((name) => {
    const value = wanted.value[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}
