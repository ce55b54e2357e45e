import type { SettingSummary } from '../../measurement/summarise.js';
import { queueWaitSourceOf } from './headline.js';

export const waterfallParts = ['client wait', 'queue wait', 'prefill', 'delivery'] as const;

export type WaterfallPart = (typeof waterfallParts)[number];

/**
 * Mean milliseconds of each part of the time to first token, from the intended start on. Means, because they alone add
 * up: a p95 of the parts is not the parts of a p95.
 */
export type Waterfall = Readonly<Record<WaterfallPart, number | null>>;

export interface Waterfalls {
  /** The parts that are known of any setting, and what to call them. */
  readonly parts: readonly { readonly part: WaterfallPart; readonly name: string }[];
  /** One for each setting; null if its queue wait is not known: without it there is nothing to take apart. */
  readonly rows: readonly (Waterfall | null)[];
  /** Above 0. */
  readonly longestMs: number;
}

/** Null if nothing is known of any setting. */
export function waterfallsOf(summaries: readonly SettingSummary[]): Waterfalls | null {
  const rows = summaries.map(waterfallOf);
  const known = rows.filter((row) => row !== null);
  const longestMs = Math.max(0, ...known.map(totalMs));
  if (longestMs === 0) return null;
  const parts = waterfallParts.filter((part) => known.some((row) => row[part] !== null));
  const withDelivery = parts.includes('delivery') ? null : partWithDelivery(summaries);
  return {
    parts: parts.map((part) => ({ part, name: part === withDelivery ? `${part} and delivery` : part })),
    rows,
    longestMs,
  };
}

function waterfallOf({ metrics }: SettingSummary): Waterfall | null {
  const { ttft, client_wait: clientWait, queue_wait: queueWait, prefill, delivery } = metrics;
  if (ttft.mean === null || queueWait.mean === null) return null;
  return {
    'client wait': clientWait.mean,
    'queue wait': queueWait.mean,
    // A server that tells the queue wait alone leaves the other two together as the rest.
    prefill: prefill.mean ?? Math.max(0, ttft.mean - queueWait.mean),
    delivery: prefill.mean === null ? null : delivery.mean,
  };
}

/** Delivery that is not known on its own is in another part: in the bound for the queue wait, or in the rest. */
function partWithDelivery(summaries: readonly SettingSummary[]): WaterfallPart {
  return queueWaitSourceOf(summaries) === 'derived' ? 'queue wait' : 'prefill';
}

export function totalMs(waterfall: Waterfall): number {
  return waterfallParts.reduce((total, part) => total + (waterfall[part] ?? 0), 0);
}
