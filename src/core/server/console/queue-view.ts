import type { RequestLine } from '../../inference/queue/request-line.js';
import type { Totals } from '../../telemetry/totals.js';
import { wireLimits, wireLines, wireRunning, wireWaiting } from '../protocol/wire-queue.js';
import type { QueueStatus } from '../schemas/state/queue-events.js';
import type { WireRunning, WireWaiting } from '../schemas/state/server-state.js';

/**
 * How many requests of each queue watchers see. A screen has no room for more, and with 500 streams each event would
 * otherwise hold 500 requests.
 */
const mostShown = 100;

/** The first requests of both queues at one moment. */
export interface QueueView {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly running: readonly WireRunning[];
  readonly waiting: readonly WireWaiting[];
  readonly status: QueueStatus;
}

/** What a client may see of the queues. */
export interface QueueViewer {
  /** Only the requests of this key, or of this address without a key; null for all. */
  readonly payer: string | null;
  /** Only the lines of models that answer to one of these names; null for all. */
  readonly models: readonly string[] | null;
  /** Whether it may change the limits. */
  readonly mayTurn: boolean;
  /** Whether the server accepts API keys. */
  readonly hasKeys: boolean;
}

/** A response that is kept, of which the first digits are enough to tell it from others. */
const storedId = /^(resp_[\da-f]{12})[\da-f]{36}$/;

/**
 * The id of a request as a client may see it. Whoever knows the whole id of a response can read it, so only its own client and
 * operators see that.
 */
export function shownId(id: string, { payer, mayTurn }: Pick<QueueViewer, 'payer' | 'mayTurn'>): string {
  return payer !== null || mayTurn ? id : (storedId.exec(id)?.[1] ?? id);
}

/** A request with its id as a client may see it. */
export function withShownId<T extends { readonly id: string }>(
  request: T,
  viewer: Pick<QueueViewer, 'payer' | 'mayTurn'>,
): T {
  const id = shownId(request.id, viewer);
  return id === request.id ? request : { ...request, id };
}

export function readQueueView(line: RequestLine, { counts, tokens }: Totals, viewer: QueueViewer): QueueView {
  const { payer, models, mayTurn, hasKeys } = viewer;
  const queue = line.snapshot(mostShown, payer);
  return {
    atMs: Date.now(),
    running: queue.running.map((request) => withShownId(wireRunning(request), viewer)),
    waiting: queue.waiting.map((request) => withShownId(wireWaiting(request), viewer)),
    status: {
      ...wireLimits(queue),
      ...(line.slotsAt !== undefined && { slots_at: line.slotsAt }),
      may_turn: mayTurn,
      ...wireLines(line, models),
      // They are counted on while the view is kept.
      totals: { ...counts },
      tokens: { ...tokens },
      lists: payer === null ? 'all' : 'own',
      has_keys: hasKeys,
      running_count: line.running,
      waiting_count: line.waiting,
      output_tokens: tokens.output + queue.runningOutputTokens,
    },
  };
}
