import { bySetting, settingsKey } from '../../measurement/by-setting.js';
import { significant, timeRangeText, timeText } from '../../measurement/numbers.js';
import type { BenchResult, Overload } from '../../measurement/result-schema.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { isOverloadedRun } from '../../measurement/validity/overload.js';

/** Shown in place of a percentile that would depend on how long was measured. */
export const growing = '↗';

/** Settings whose latencies are meaningful. */
export function steadyOf(summaries: readonly SettingSummary[]): readonly SettingSummary[] {
  return summaries.filter(({ isOverloaded }) => !isOverloaded);
}

/**
 * The headline of a report if the server could not follow the load: one sentence for each such setting. A search looks for
 * such loads, and its answer names them.
 */
export function overloadSentences(
  result: Pick<BenchResult, 'plan' | 'runs'>,
  summaries: readonly SettingSummary[],
): readonly string[] {
  if (result.plan.find_max !== undefined) return [];
  return summaries.flatMap((summary) => (summary.isOverloaded ? [sentence(result, summary)] : []));
}

/** The same about one setting. */
function sentence({ plan, runs }: Pick<BenchResult, 'plan' | 'runs'>, summary: SettingSummary): string {
  const { settings, rates } = summary;
  const trials = (bySetting(runs).get(settingsKey(settings)) ?? []).filter(isOverloadedRun);
  const worst = trials
    .flatMap(({ overload }) => overload ?? [])
    .toSorted((one, other) => other.in_flight_per_second.slope - one.in_flight_per_second.slope)[0];
  const answered = `the server answered ${significant(rates.requests_per_second)} requests/s`;
  const grew = worst === undefined ? '' : `, and ${growthText(worst, plan)}`;
  return `The queue grew without end at ${wholeSettingText(settings)}: ${answered}${grew}.`;
}

/** Both slopes, as a clause: `with every second 11.6 more were waiting (95 % interval …) and TTFT rose by 90 ms (…)`. */
export function growthText(
  { in_flight_per_second: inFlight, ttft_ms_per_second: ttft }: Overload,
  { streaming }: Pick<BenchResult['plan'], 'streaming'>,
): string {
  const waiting = `${significant(inFlight.slope)} more were waiting (95 % interval ${significant(inFlight.lower)} to ${significant(inFlight.upper)})`;
  const latency = streaming === false ? 'end-to-end latency' : 'TTFT';
  return `with every second ${waiting} and ${latency} rose by ${timeText(ttft.slope)} (${timeRangeText(ttft.lower, ttft.upper)})`;
}

/** What the mark in the table means; '' without such a setting. */
export function growingNote(summaries: readonly SettingSummary[]): string {
  return steadyOf(summaries).length === summaries.length
    ? ''
    : `${growing} kept growing during the measurement, so a percentile would only reflect its length.`;
}
