import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { percentText } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import { dimensionsOf, settingsText } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { measureLonger } from '../../../measurement/validity/measure-longer.js';

/** A smaller loss is not worth a sentence. */
const notedLoss = 0.05;
/** The loss that is left if one measures as long as the note says. */
const wantedLoss = 0.02;

/**
 * By how much the rates of a closed loop are too low because they include its end, when clients stop one after the
 * other and the last answers share the server with fewer others. Empty if that hardly matters, and with `--versus`,
 * where both sides end in the same way.
 */
export function endingNote(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const { plan } = result;
  const isClosed = plan.think_time === undefined && plan.cancel === undefined;
  if (!isClosed || result.interrupted || result.versus !== undefined || result.ended_early !== undefined) return '';
  const short = summaries.flatMap((summary) => {
    const loss = Math.min(lossOf(summary) ?? 0, endShareOf(result, summary));
    return loss >= notedLoss && !isHeldOpen(result) ? [{ summary, loss }] : [];
  });
  if (short.length === 0) return '';
  const most = Math.max(...short.map(({ loss }) => loss));
  const where = settingsText(
    short.map(({ summary }) => summary.settings),
    dimensionsOf(summaries.map(({ settings }) => settings)),
  );
  const at = summaries.length === 1 ? '' : ` at ${where}`;
  const seconds = plan.duration_ms === null ? null : (plan.duration_ms / 1000) * (most / wantedLoss);
  return (
    `Tokens/s and requests/s are up to ${percentText(most)} too low${at}: they include the end of a measurement, when no ` +
    `more requests are sent and the last ones are answered. For rates within ${percentText(wantedLoss)}, ${measureLonger(plan, { of: 'time', seconds })}.`
  );
}

/** How many requests fewer than possible were being worked on, as a share; null if that is not known. */
function lossOf({ settings, rates, metrics, requests }: SettingSummary): number | null {
  const { concurrency, max_concurrency: limit } = settings;
  const unanswered = requests.refused + requests.failed + requests.timed_out;
  if (settings.rate !== null || concurrency === null || metrics.e2e.mean === null || unanswered > 0) return null;
  // From when a client was free, so that a late load generator is not taken for the end.
  const busyMs = metrics.e2e.mean + (metrics.client_wait.mean ?? 0);
  if (limit === null || limit >= concurrency) return lossFrom(concurrency, rates.requests_per_second * busyMs);
  // Those that wait are not missed: the server is busy until the last of them has begun.
  const { mean: waitMs, source } = metrics.queue_wait;
  if (source !== 'measured' || waitMs === null) return null;
  return lossFrom(limit, rates.requests_per_second * (busyMs - waitMs));
}

/** @param requestMsPerSecond Little's law: requests per second times milliseconds of each */
function lossFrom(possible: number, requestMsPerSecond: number): number {
  return 1 - requestMsPerSecond / 1000 / possible;
}

/** How much of the measurement came after the last request had been sent: the end can have cost no more than this. */
function endShareOf({ runs }: BenchResult, { settings }: SettingSummary): number {
  const windows = (bySetting(runs).get(settingsKey(settings)) ?? []).map(({ window }) => window);
  const spanSeconds = windows.reduce((sum, { span_seconds: own }) => sum + own, 0);
  const endSeconds = windows.reduce((sum, { span_seconds: own, seconds }) => sum + own - seconds, 0);
  return spanSeconds === 0 ? 0 : endSeconds / spanSeconds;
}

/** Clients then spend time with responses that are no longer in flight. */
function isHeldOpen({ runs }: BenchResult): boolean {
  return runs.some(({ checks }) => (checks.held_open?.answers ?? 0) > 0);
}
