import { formatDuration } from '../../../base/units.js';
import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { leastSamplesAbove, samplesNeeded } from '../../../measurement/latency/histogram.js';
import { confidencePercent, roughMark } from '../../../measurement/latency/median.js';
import { listed, percentText, plural, timeRangeText, unknown, whole } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import { executorsOfRuns } from '../../../measurement/settings/executors.js';
import { dimensionsOf, settingsText, settingText } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { measureLonger } from '../../../measurement/validity/measure-longer.js';
import { objectivesText, targetItems } from '../../text/description.js';
import { oneLine } from '../../text/escape.js';
import { headlineOf, queueWaitSourceOf, queueWaitSourceText } from '../columns.js';
import { growingNote, steadyOf } from '../overload.js';
import { isMarked } from '../row-labels.js';
import { agentsNote } from './agents-notes.js';
import { endingNote } from './ending-note.js';
import { loadShapeNotes } from './load-shape-notes.js';

/**
 * How to read the main table, in sentences below it.
 *
 * @param mark how the recommended setting is marked; null if this is explained elsewhere
 */
export function notesBelow(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  mark: string | null,
): readonly string[] {
  const completed = summaries.some(({ requests }) => requests.completed > 0);
  // Then its connections ended for another reason, and measuring longer is no remedy.
  const isServerLost = result.ended_early?.cause === 'target-lost';
  return [
    completed ? `Queue wait ${queueWaitSourceText[queueWaitSourceOf(summaries)]}.` : '',
    growingNote(summaries),
    ...loadShapeNotes(result, summaries),
    agentsNote(result),
    promptCacheText(summaries),
    executorsText(result),
    result.plan.slo.length > 0 ? `Goodput counts requests that met ${objectivesText(result.plan)}.` : '',
    trialsText(summaries),
    failuresNote(summaries, completed),
    endingNote(result, summaries),
    extensionText(result, summaries),
    roughText(result, steadyOf(summaries)),
    summaries.some(tooFew) ? `${unknown} unknown, or fewer than ${leastSamplesAbove} samples above it.` : '',
    ...(isServerLost ? [] : [moreRequestsText(result, steadyOf(summaries)), reconnectsText(summaries)]),
    mark !== null && summaries.some((summary) => isMarked(result, summaries, summary)) ? `${mark} recommended.` : '',
    versusText(result),
  ].filter((note) => note !== '');
}

function failuresNote(summaries: readonly SettingSummary[], completed: boolean): string {
  if (summaries.some(({ requests }) => unanswered(requests) > 0)) return '';
  return completed
    ? 'No request was refused or failed.'
    : 'No request that began after the warm-up has ended: measure longer (-d).';
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

/** More of them are not named. */
const mostExecutors = 5;

/** Which servers answered, if servers behind the one that was asked did. */
function executorsText({ runs }: BenchResult): string {
  const all = executorsOfRuns(runs);
  if (all.length === 0) return '';
  const named = all.slice(0, mostExecutors).map(({ name, completed, share }) => {
    return `${oneLine(name)} (${percentText(share)}, ${plural(completed, 'request')})`;
  });
  const more = all.length - named.length;
  return `Answered by ${listed([...named, ...(more > 0 ? [`${whole(more)} more`] : [])])}.`;
}

function unanswered({ refused, failed, timed_out }: SettingSummary['requests']): number {
  return refused + failed + timed_out;
}

/** Whether a figure in the row is unknown. */
function tooFew({ metrics }: SettingSummary): boolean {
  return [metrics.ttft, metrics.queue_wait, metrics.tpot].some(({ p99 }) => p99 === null);
}

/** How long the longest run of a setting continued beyond its duration; 0 if none did. */
function extendedSecondsOf({ runs }: BenchResult, { settings }: SettingSummary): number {
  const own = bySetting(runs).get(settingsKey(settings)) ?? [];
  return Math.max(0, ...own.map(({ window }) => window.extended_seconds ?? 0));
}

/** Where and for how long runs went on beyond their duration, and what for. */
function extensionText(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const { least_requests: wanted = 0, longest_ms: longestMs = 0 } = result.plan;
  const extended = summaries.filter((summary) => extendedSecondsOf(result, summary) > 0);
  if (extended.length === 0) return '';
  const where = settingsText(
    extended.map(({ settings }) => settings),
    dimensionsOf(summaries.map(({ settings }) => settings)),
  );
  const who = summaries.length === 1 ? 'The measurement' : `The measurement of ${where}`;
  const seconds = Math.max(...extended.map((summary) => extendedSecondsOf(result, summary)));
  const long = `${extended.length > 1 ? 'up to ' : ''}${formatDuration(seconds * 1000)}`;
  const text = `${who} went on for ${long} to have ${plural(wanted, 'request')}`;
  const isShort = !result.interrupted && extended.some(({ requests }) => requests.completed < wanted);
  return isShort ? `${text}, at most ${formatDuration(longestMs)} in all (-d sets the time).` : `${text}.`;
}

const mostIntervals = 4;

/** What the mark of a rough median means, and how rough the headline is. */
function roughText(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const rough = ({ metrics }: SettingSummary): boolean =>
    [metrics.ttft, metrics.queue_wait, metrics.tpot].some(({ p50_interval: interval }) => interval !== undefined);
  if (!summaries.some(rough)) return '';
  const meaning = `${roughMark} median of fewer than ${samplesNeeded(50)} requests`;
  const headline = headlineOf(result);
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  const known = summaries.flatMap(({ settings, metrics }) => {
    const { p50_interval: interval } = metrics[headline.metric];
    return interval === undefined ? [] : [{ settings, interval }];
  });
  if (known.length === 0 || known.length > mostIntervals) return `${meaning}.`;
  const ranges = known.map(({ settings, interval: { lower, upper } }) => {
    const where = summaries.length === 1 ? '' : ` at ${settingText(settings, by)}`;
    return timeRangeText(lower, upper) + where;
  });
  const percent = confidencePercent(known.map(({ interval }) => interval));
  return `${meaning}; the ${percent} % interval of the median ${headline.name} is ${listed(ranges)}.`;
}

const requestsForP95 = samplesNeeded(95);

/** How long the runs of a setting took on average: as long as planned, unless they were ended. */
function measuredSecondsOf(result: BenchResult, durationMs: number, summary: SettingSummary): number {
  const own = bySetting(result.runs).get(settingsKey(summary.settings)) ?? [];
  const isWhole = !result.interrupted && own.every(({ aborted_on: abortedOn }) => abortedOn === undefined);
  if (isWhole || own.length === 0) return durationMs / 1000 + extendedSecondsOf(result, summary);
  return own.reduce((sum, { window }) => sum + window.span_seconds, 0) / own.length;
}

/** How to get the missing percentiles. */
function moreRequestsText(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const answered = summaries.filter(({ requests }) => requests.completed > 0);
  const fewest = Math.min(...answered.map(({ requests }) => requests.completed));
  if (answered.length === 0 || fewest >= requestsForP95) return '';
  const needed = `A p95 needs ${requestsForP95} requests per setting`;
  const { duration_ms: durationMs } = result.plan;
  if (durationMs === null) return `${needed} (-r).`;
  const seconds = answered.map(
    (summary) => measuredSecondsOf(result, durationMs, summary) * (requestsForP95 / summary.requests.completed),
  );
  return `${needed}: ${measureLonger(result.plan, { of: 'requests', seconds: Math.max(...seconds) })}.`;
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

function versusText({ versus, plan }: BenchResult): string {
  if (versus === undefined) return '';
  const baseline = targetItems(versus.target).join(', ');
  const order = plan.duet === true ? 'at the same time as' : 'alternately with';
  return `Measured ${order} the baseline, ${baseline}; the comparison is reported separately.`;
}
