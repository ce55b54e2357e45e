import { ChatstreamError } from '../../base/errors.js';
import { type Random, standardNormal } from '../../base/random.js';
import { parseDuration } from '../../base/units.js';

/** How long a client waits between an answer and its next message, in milliseconds. */
export type ThinkTime =
  | { readonly type: 'fixed'; readonly ms: number }
  /** Normally distributed, cut off at 0. */
  | { readonly type: 'normal'; readonly mean: number; readonly stddev: number }
  /** Every time from `min` to `max` is equally likely. */
  | { readonly type: 'uniform'; readonly min: number; readonly max: number };

export const noThinkTime: ThinkTime = { type: 'fixed', ms: 0 };

/** A longer one is a typing error. */
const longestMs = 24 * 3_600_000;

/**
 * Reads `2s`, `2s±1s` (mean and standard deviation; `2s+-1s` for keyboards without ±) or `1s-3s`.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseThinkTime(text: string): ThinkTime {
  const [, first = '', operator, second = ''] = /^\s*([^\s±+-]+)\s*(?:(±|\+-|\+\/-|-)\s*(\S+))?\s*$/.exec(text) ?? [];
  const firstMs = durationIn(first, text);
  if (operator === undefined) return { type: 'fixed', ms: firstMs };
  const secondMs = durationIn(second, text);
  if (operator !== '-') {
    return secondMs === 0 ? { type: 'fixed', ms: firstMs } : { type: 'normal', mean: firstMs, stddev: secondMs };
  }
  if (secondMs < firstMs) throw notThinkTime(text);
  return secondMs === firstMs ? { type: 'fixed', ms: firstMs } : { type: 'uniform', min: firstMs, max: secondMs };
}

function durationIn(part: string, text: string): number {
  let ms: number;
  try {
    ms = parseDuration(part);
  } catch {
    throw notThinkTime(text);
  }
  if (ms > longestMs) throw notThinkTime(text);
  return ms;
}

/** The same time as the flag takes it. */
export function formatThinkTime(time: ThinkTime): string {
  switch (time.type) {
    case 'fixed':
      return milliseconds(time.ms);
    case 'normal':
      return `${milliseconds(time.mean)}±${milliseconds(time.stddev)}`;
    case 'uniform':
      return `${milliseconds(time.min)}-${milliseconds(time.max)}`;
  }
}

function milliseconds(ms: number): string {
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Draws one time, in milliseconds, 0 or more. Takes as many numbers from `random` as `drawLength` does. */
export function drawThinkMs(time: ThinkTime, random: Random): number {
  switch (time.type) {
    case 'fixed':
      return time.ms;
    case 'uniform':
      return time.min + random() * (time.max - time.min);
    case 'normal':
      return Math.max(0, time.mean + time.stddev * standardNormal(random));
  }
}

/** The time that clients wait on average, in milliseconds. */
export function meanThinkMs(time: ThinkTime): number {
  switch (time.type) {
    case 'fixed':
      return time.ms;
    case 'normal':
      return time.mean;
    case 'uniform':
      return (time.min + time.max) / 2;
  }
}

function notThinkTime(text: string): ChatstreamError {
  return new ChatstreamError('usage', `"${text}" is not a think time.`, {
    hint: 'Write a duration (2s), mean±standard deviation (2s±1s), or a range (1s-3s).',
  });
}
