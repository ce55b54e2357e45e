import { formatDuration } from '../../base/units.js';
import type { Plan } from '../result-schema.js';

/** A trace that is longer than a run by this factor has more to send. */
const noticeablyLonger = 1.1;

/**
 * What to change in a plan so that more is measured, in the imperative and without a full stop, such as `measure for about
 * 40 s (-d)`: by the flags that set how long this plan takes, since bench refuses others beside them.
 *
 * @param of the missing thing: if it is `requests`, a slower replay of the same trace has no more
 * @param seconds of a run that would be long enough; null, or not a positive number, if unknown
 */
export function measureLonger(
  { stages, trace, duration_ms: durationMs, requests, warmup_ms: warmupMs }: ExtentOfPlan,
  { of, seconds: wanted = null }: { readonly of: 'requests' | 'time'; readonly seconds?: number | null },
): string {
  const seconds = wanted !== null && wanted > 0 && wanted < Infinity ? wanted : null;
  const about = seconds === null ? null : `about ${typedDuration(seconds)}`;
  if (stages !== undefined) {
    return `make the stages longer (--stages or --ramp)${about === null ? '' : `, ${about} altogether`}`;
  }
  if (durationMs === null && requests !== null) return 'measure more requests (-r)';
  const enoughMs = seconds === null ? (durationMs ?? 0) * noticeablyLonger : seconds * 1000;
  if (trace === undefined || (trace.seconds / trace.speed) * 1000 - warmupMs > enoughMs) {
    return `measure for ${about ?? 'longer'} (-d)`;
  }
  const longer = `replay a longer trace${about === null ? '' : `, of ${about}`}`;
  return of === 'requests' ? longer : `${longer}${about === null ? '' : ','} or this one at a lower --speed`;
}

type ExtentOfPlan = Pick<Plan, 'stages' | 'trace' | 'duration_ms' | 'requests' | 'warmup_ms'>;

/** Rounded up to what people type, in seconds or minutes. */
function typedDuration(seconds: number): string {
  const unit = seconds > 60 ? 60 : 1;
  return formatDuration(roundedUp(seconds / unit) * unit * 1000);
}

/** To one digit, or to two if it begins with 1, as people type durations. */
function roundedUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / (String(value).startsWith('1') ? 10 : 1);
  // Not up a step because of the rounding error of binary fractions.
  return Math.ceil(value / step - 1e-6) * step;
}
