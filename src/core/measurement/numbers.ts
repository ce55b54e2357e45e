/** Stands for every unknown figure. Never 0: a server that reports nothing about its queue may still have one. */
export const unknown = '–';

/** A number for a reader: 3 significant digits, at most 3 decimals; from 1,000 on all digits before the point. */
export function significant(value: number): string {
  if (value < 0) return `-${significant(-value)}`;
  if (value === 0) return '0';
  if (value < 0.0005) return '<0.001';
  if (value < 0.1) return value.toFixed(3);
  return value < 999.5 ? value.toPrecision(3) : whole(value);
}

/** `1234`, but `12,345`: four digits are easy to read. */
export function whole(value: number): string {
  const digits = value.toFixed(0);
  return digits.length <= 4 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

export function orUnknown(value: number | null, format: (value: number) => string): string {
  return value === null ? unknown : format(value);
}

/** Milliseconds with their unit: `0.412 ms`, `812 ms`, `1.24 s`. */
export function timeText(ms: number): string {
  return ms < 999.5 ? `${significant(ms)} ms` : `${significant(ms / 1000)} s`;
}

/** A range of times: `1.20 to 1.90 s`, `812 ms to 1.24 s`. */
export function timeRangeText(fromMs: number, toMs: number): string {
  const [from, to] = [timeText(fromMs), timeText(toMs)];
  if (from === to) return to;
  const unit = / \w+$/.exec(to)?.[0] ?? '';
  return `${from.endsWith(unit) ? from.slice(0, from.length - unit.length) : from} to ${to}`;
}

/** A round number of milliseconds with its unit, without superfluous digits: `20 µs`, `1 ms`, `2 s`. */
export function tickText(ms: number): string {
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  if (ms < 0.999) return `${short(ms * 1000)} µs`;
  return ms < 999 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/**
 * A share as a percentage, which is 0 or 100 only if the share is.
 *
 * @param share 0 to 1
 */
export function percentText(share: number): string {
  if (share > 0 && share < 0.005) return '<1 %';
  if (share < 1 && share >= 0.995) return '>99 %';
  return `${(share * 100).toFixed(0)} %`;
}

export interface TimeUnit {
  readonly name: 'ms' | 's';
  readonly ms: number;
}

/**
 * One unit for figures that are shown together: milliseconds, or seconds if one of them would have more than 5 digits.
 */
export function unitFor(timesMs: readonly (number | null)[]): TimeUnit {
  const longest = timesMs.reduce<number>((longest, ms) => Math.max(longest, ms ?? 0), 0);
  return longest < 99_999.5 ? { name: 'ms', ms: 1 } : { name: 's', ms: 1000 };
}

/** `1 trial`, `2 trials`. */
export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1);
  return last === undefined || items.length === 1 ? (last ?? '') : `${items.slice(0, -1).join(', ')} and ${last}`;
}
