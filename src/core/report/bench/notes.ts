import { formatDuration } from '../../base/units.js';
import { leastSamplesAbove, samplesNeeded } from '../../measurement/histogram.js';
import { percentText, unknown, whole } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { objectivesText, targetItems } from '../text/description.js';
import { queueWaitSourceOf, queueWaitSourceText } from './columns.js';
import { isMarked, recommendedMark } from './row-labels.js';

/**
 * How to read the main table, in sentences that stand below it.
 *
 * @param mark how the recommended setting stands out
 */
export function notesBelow(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  mark: string = recommendedMark,
): readonly string[] {
  const completed = summaries.some(({ requests }) => requests.completed > 0);
  return [
    completed ? `Queue wait ${queueWaitSourceText[queueWaitSourceOf(summaries)]}.` : '',
    promptCacheText(summaries),
    result.plan.slo.length > 0 ? `Goodput counts requests that met ${objectivesText(result.plan)}.` : '',
    trialsText(summaries),
    summaries.every(({ requests }) => unanswered(requests) === 0) ? 'No request was refused or failed.' : '',
    summaries.some(tooFew) ? `${unknown} unknown, or fewer than ${leastSamplesAbove} samples above it.` : '',
    moreRequestsText(result, summaries),
    reconnectsText(summaries),
    summaries.some((summary) => isMarked(result, summaries, summary)) ? `${mark} recommended.` : '',
    versusText(result),
  ].filter((note) => note !== '');
}

/** A smaller share of cached prompt tokens, such as those of a chat template, shortens no prefill that matters. */
const littleCached = 0.01;

/** Without this, two servers that differ only in what was asked of them before would look like different servers. */
function promptCacheText(summaries: readonly SettingSummary[]): string {
  const caches = summaries.flatMap(({ promptCache }) => promptCache ?? []);
  const shares = caches.map(({ share }) => share);
  const most = Math.max(...shares);
  if (shares.length === 0 || most <= littleCached) return '';
  const [from, to] = [percentText(Math.min(...shares)), percentText(most)];
  const counted = caches.some(({ source }) => source === 'aggregate') ? ', by its own counters' : '';
  const range = from === to ? to : `${from} to ${to}`;
  return `The server had ${range} of the prompt tokens in its cache${counted}.`;
}

function unanswered({ refused, failed, timed_out }: SettingSummary['requests']): number {
  return refused + failed + timed_out;
}

/** Whether a figure in the row is unknown. */
function tooFew({ metrics }: SettingSummary): boolean {
  return [metrics.ttft, metrics.queue_wait, metrics.tpot].some(({ p99 }) => p99 === null);
}

const requestsForP95 = samplesNeeded(95);

/** How to get the percentiles that are missing. */
function moreRequestsText({ plan }: BenchResult, summaries: readonly SettingSummary[]): string {
  const completed = summaries.map(({ requests }) => requests.completed).filter((count) => count > 0);
  const fewest = Math.min(...completed);
  if (completed.length === 0 || fewest >= requestsForP95) return '';
  const needed = `A p95 needs ${requestsForP95} requests per setting`;
  if (plan.duration_ms === null) return `${needed} (-r).`;
  const seconds = (plan.duration_ms / 1000) * (requestsForP95 / fewest);
  return `${needed}: measure for about ${formatDuration(roundedUp(seconds) * 1000)} (-d).`;
}

/** To one digit, or to two if it begins with 1, as people type durations. */
function roundedUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / (String(value).startsWith('1') ? 10 : 1);
  return Math.ceil(value / step) * step;
}

/** Not a fault: servers may close idle connections, and the new ones count in client wait. */
function reconnectsText(summaries: readonly SettingSummary[]): string {
  const count = summaries.reduce((sum, { requests }) => sum + requests.reconnects, 0);
  if (count === 0) return '';
  const again =
    count === 1 ? '1 request was sent again on a new one' : `${whole(count)} requests were sent again on new ones`;
  return `The server closed kept-alive connections between requests; ${again}.`;
}

function trialsText(summaries: readonly SettingSummary[]): string {
  const counts = summaries.map(({ trials }) => trials);
  const most = Math.max(...counts);
  const least = Math.min(...counts);
  if (most <= 1) return '';
  return `${least === most ? String(most) : `${least} to ${most}`} trials per setting, merged.`;
}

function versusText({ versus }: BenchResult): string {
  if (versus === undefined) return '';
  const baseline = targetItems(versus.target).join(', ');
  return `Measured alternately with the baseline, ${baseline}; the comparison is reported separately.`;
}
