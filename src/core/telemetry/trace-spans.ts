import { randomBytes } from 'node:crypto';
import type { InferenceEvent } from '../inference/request.js';
import { countedOutcome } from './totals.js';

type SettledEvent = Extract<InferenceEvent, { type: 'settled' }>;

type AttributeValue = { readonly stringValue: string } | { readonly intValue: string };

interface Attribute {
  readonly key: string;
  readonly value: AttributeValue;
}

/** A span as OTLP writes it in JSON: whole numbers of 64 bits are strings, ids hexadecimal. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1: internal; 2: the server's side of a request. */
  readonly kind: 1 | 2;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  /** 2: an error. */
  readonly status: { readonly code: 0 | 2; readonly message?: string };
}

/**
 * The trace of a request that has ended: one span for the request, and in it those for its wait, its prefill and its decode,
 * as far as it got. A pause is a part of the decode, which ends with the last token; without one, the last of them ends
 * when the request does.
 *
 * @param endMs when it ended: Unix time in milliseconds
 */
export function spansOf(event: SettledEvent, endMs: number): readonly Span[] {
  const { id, requestId, key, outcome, error, timings, sinceArrivalMs } = event;
  const traceId = newId(16);
  const rootId = newId(8);
  const counted = countedOutcome(outcome);
  const isError = counted !== 'completed' && counted !== 'cancelled';
  const root: Span = {
    ...{ traceId, spanId: rootId, name: 'request', kind: 2 },
    startTimeUnixNano: nanos(endMs - sinceArrivalMs),
    endTimeUnixNano: nanos(endMs),
    attributes: [
      text('chatstream.id', id),
      ...(requestId === null ? [] : [text('chatstream.request_id', requestId)]),
      ...(key === null ? [] : [text('chatstream.key', key)]),
      text('chatstream.outcome', counted),
      ...(error === null ? [] : [text('error.type', error.code)]),
      whole('gen_ai.usage.input_tokens', timings.promptTokens),
      whole('gen_ai.usage.output_tokens', timings.outputTokens),
      whole('chatstream.cached_tokens', timings.cachedTokens),
      ...(timings.pausedMs === undefined ? [] : [whole('chatstream.paused_ms', Math.round(timings.pausedMs))]),
    ],
    status: isError ? { code: 2, ...(error !== null && { message: error.message }) } : { code: 0 },
  };
  const parts = [
    ['wait', timings.queueMs],
    ['prefill', timings.prefillMs],
    ['decode', timings.decodeMs + (timings.pausedMs ?? 0)],
  ] as const;
  let beginMs = endMs - (timings.idleMs ?? 0) - parts.reduce((sum, [, ms]) => sum + ms, 0);
  const children = parts.flatMap(([name, ms]): readonly Span[] => {
    const startMs = beginMs;
    beginMs += ms;
    if (ms <= 0) return [];
    return [
      {
        ...{ traceId, spanId: newId(8), parentSpanId: rootId, name, kind: 1 },
        startTimeUnixNano: nanos(startMs),
        endTimeUnixNano: nanos(beginMs),
        attributes: [],
        status: { code: 0 },
      },
    ];
  });
  return [root, ...children];
}

function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** To the microsecond, the precision of the clock. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

function whole(key: string, value: number): Attribute {
  return { key, value: { intValue: String(value) } };
}
