import type { FindMax, FindMaxPoint } from '../../measurement/find-max-schema.js';
import { measureLonger } from '../../measurement/measure-longer.js';
import type { MetricName } from '../../measurement/metric-names.js';
import {
  listed,
  orUnknown,
  percentText,
  significant,
  tickText,
  timeRangeText,
  timeText,
  whole,
} from '../../measurement/numbers.js';
import { parseObjective } from '../../measurement/objectives.js';
import type { BenchResult, Plan, Setting } from '../../measurement/result-schema.js';
import { type SlotsAt, slotsAtOf, slotWords } from '../../measurement/slots.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { oneLine } from '../text/escape.js';

/** A load without its unit: clients and slots are counted, a rate is measured. */
export function loadNumber(by: FindMax['by'], load: number): string {
  return by === 'rate' ? significant(load) : whole(load);
}

/** A load with its unit: `5.6 requests/s`, `12 clients`, `max-concurrency 4`. */
function loadText(by: FindMax['by'], load: string): string {
  switch (by) {
    case 'rate':
      return `${load} requests/s`;
    case 'concurrency':
      return load === '1' ? '1 client' : `${load} clients`;
    case 'max-concurrency':
      return `max-concurrency ${load}`;
  }
}

/** The answer of `--find-max`: the limit first, then what a reader should know of it; empty without a search. */
export function findMaxSentences(result: Pick<BenchResult, 'find_max' | 'plan' | 'target'>): readonly string[] {
  const { find_max: found, plan, target } = result;
  if (found === undefined) return [];
  const promises = (plan.find_max?.promises ?? []).map(oneLine);
  return [answer(found, promises, plan, slotsAtOf(target.settings['slots_at'])), ...doubts(found)];
}

function answer(found: FindMax, promises: readonly string[], plan: Plan, slotsAt: SlotsAt): string {
  const { precision = 0 } = plan.find_max ?? {};
  const names = listed(promises);
  const [hold, doNot] = promises.length === 1 ? ['holds', 'does not hold'] : ['hold', 'do not hold'];
  const { by, status, load, lower, upper, points, finished, holds_from: from = null } = found;
  const at = (value: number): string => loadText(by, loadNumber(by, value));
  const range = (to: number): string =>
    from === null ? `up to ${at(to)}` : from === to ? `only at ${at(to)}` : `from ${at(from)} to ${loadNumber(by, to)}`;
  const [lowest, highest] = [points[0]?.load ?? 0, points.at(-1)?.load ?? 0];
  switch (status) {
    case 'found': {
      const isRough =
        lower === null || upper === null || Math.max(upper / (load ?? 1), (load ?? 1) / lower) > 1 + precision * 1.05;
      const advice = isRough && by === 'rate' ? ` To narrow it down, ${measureLonger(plan, { of: 'time' })}.` : '';
      return `${names} ${hold} ${range(load ?? 0)} (${intervalText(by, lower, upper)}); ${nextText(found)}.${advice}`;
    }
    case 'all-hold': {
      const unclear = points.filter(({ load: own, verdict }) => verdict === 'unclear' && own >= (from ?? lowest));
      const isHighest = unclear.at(-1)?.load === highest;
      const seem = promises.length === 1 ? 'seems to hold' : 'seem to hold';
      const isEvery = points.every(({ verdict }) => verdict === 'holds');
      const all = isEvery ? 'at every load that was measured, up to ' : isHighest ? 'up to ' : 'at ';
      const where = from === null ? `${all}${at(highest)}` : range(highest);
      return `${names} ${isHighest ? seem : hold} ${where}${unclearText(by, unclear)}. ${wayUp(found, highest, slotsAt)}`;
    }
    case 'none-hold': {
      const where =
        by === 'max-concurrency' && lowest !== highest
          ? `at any max-concurrency that was measured, from ${loadNumber(by, lowest)} to ${loadNumber(by, highest)}`
          : `even at ${at(lowest)}, the lowest load that was measured`;
      return `${names} ${doNot} ${where}: ${nextText(found)}. ${finished ? 'Try a more generous limit, or shorter prompts and answers.' : unfinishedText(found)}`;
    }
    case 'unjudged':
      return unjudgedText(points);
    case 'nothing-measured':
      return found.client_full === true
        ? `Nothing was measured. ${unfinishedText(found)}`
        : 'The search ended before anything was measured.';
  }
}

/** `; max-concurrency 1 and 2 are unclear`; empty for none. */
function unclearText(by: FindMax['by'], unclear: readonly FindMaxPoint[]): string {
  if (unclear.length === 0) return '';
  const where = loadText(by, listed(unclear.map(({ load }) => loadNumber(by, load))));
  return `; ${where} ${unclear.length === 1 ? 'is' : 'are'} unclear`;
}

/** Which promises no answer has a value for, and why. */
function unjudgedText(points: readonly FindMaxPoint[]): string {
  const unknown = (points[0]?.promises ?? []).flatMap(({ promise }, index) =>
    points.every(({ promises }) => promises[index]?.missed_share === null) ? promise : [],
  );
  const reasons = new Set(unknown.map((promise) => whyUnknown(parseObjective(promise).metric)));
  return `${listed(unknown.map(oneLine))} cannot be judged here: ${listed([...reasons])}. Search for another promise.`;
}

function whyUnknown(metric: MetricName): string {
  switch (metric) {
    case 'queue_wait':
    case 'prefill':
    case 'delivery':
      return 'the server does not report its own times';
    case 'tpot':
    case 'chunk_gap':
      return 'answers have one token, or come all at once';
    case 'ttft':
    case 'ttft_from_schedule':
    case 'client_wait':
    case 'e2e':
      return 'answers do not come as streams';
  }
}

function intervalText(by: FindMax['by'], lower: number | null, upper: number | null): string {
  if (lower === null && upper === null) return 'no load was clear of the limit';
  if (lower === null) return `at most ${loadNumber(by, upper ?? 0)} with 97.5 % confidence`;
  if (upper === null) return `at least ${loadNumber(by, lower)} with 97.5 % confidence`;
  return `95 % interval ${loadNumber(by, lower)} to ${loadNumber(by, upper)}`;
}

function nextText({ next_to_break: next }: FindMax): string {
  if (next === null) return 'nothing broke';
  if (next === 'overload') return 'above it, the queue grows without end';
  return `the next promise to break is ${oneLine(next.split('<')[0] ?? next)}`;
}

/** @param highest load that was measured; a finished search by max-concurrency has come to all slots */
function wayUp(found: FindMax, highest: number, slotsAt: SlotsAt): string {
  if (!found.finished) return unfinishedText(found);
  if (found.by !== 'max-concurrency') return 'That is the highest load that a search tries.';
  const { has, raise } = slotWords(slotsAt);
  return `${has(highest)}, so settings above that were not measured. ${raise(highest * 2)} to measure them, or raise the load.`;
}

/** What was in the way of an answer, and what to do about it. */
function unfinishedText({ by, status, client_full: isClientFull = false }: FindMax): string {
  if (isClientFull) {
    return 'The load generator could not send more: give it more --workers, or more machines (--agents).';
  }
  if (by === 'max-concurrency') {
    return 'The search ended before it had measured every setting that the server has slots for: give it more time.';
  }
  return `The search ended before it found the limit: give it more time, or a ${status === 'none-hold' ? 'lower' : 'higher'} load to begin with.`;
}

function doubts(found: FindMax): readonly string[] {
  const { finished, status, contradictions, by, points, holds_from: from = null } = found;
  const sentences: string[] = [];
  if (!finished && status === 'found') {
    sentences.push('The search ended before the limit was known as precisely as planned.');
  }
  if (from !== null) {
    sentences.push(
      `The results are not monotonic: a promise breaks below ${loadText(by, loadNumber(by, from))} as well.`,
    );
  }
  if (contradictions.length > 0) {
    const where = loadText(by, listed(contradictions.map((load) => loadNumber(by, load))));
    const verb = contradictions.length === 1 ? 'is' : 'are';
    sentences.push(
      `The results are not monotonic: ${where} ${verb} clearly on the other side of the limit than the loads nearby, so there may be no single limit.`,
    );
  }
  const overloaded = points.filter((each) => each.overloaded).map(({ load }) => loadNumber(by, load));
  if (overloaded.length > 0) sentences.push(`The queue grew without end at ${loadText(by, listed(overloaded))}.`);
  return sentences;
}

/** The settings of a search, from the lowest load to the highest: it measures them in the order of its questions. */
export function byLoad(
  { find_max: found }: Pick<BenchResult, 'find_max'>,
  summaries: readonly SettingSummary[],
): readonly SettingSummary[] {
  if (found === undefined) return summaries;
  return summaries.toSorted((one, other) => loadOf(found, one.settings) - loadOf(found, other.settings));
}

/**
 * The setting that stands for the answer of a search: the highest load that was measured up to it. Null without a search,
 * or if none is that low.
 */
export function answeringSetting(
  { find_max: found }: Pick<BenchResult, 'find_max'>,
  summaries: readonly SettingSummary[],
): SettingSummary | null {
  const limit = found?.load ?? null;
  if (found === undefined || limit === null) return null;
  const below = summaries.filter(({ settings }) => loadOf(found, settings) <= limit);
  return below.toSorted((one, other) => loadOf(found, other.settings) - loadOf(found, one.settings))[0] ?? null;
}

/** The load of a setting, in what the search raises. */
export function loadOf({ by }: Pick<FindMax, 'by'>, settings: Setting): number {
  switch (by) {
    case 'rate':
      return settings.rate ?? 0;
    case 'concurrency':
      return settings.concurrency ?? 0;
    case 'max-concurrency':
      return settings.max_concurrency ?? 0;
  }
}

/** The points as a table without its lines. */
export function findMaxTable({ find_max: found }: Pick<BenchResult, 'find_max'>): {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
} | null {
  if (found === undefined || found.points.length === 0) return null;
  const promises = found.points[0]?.promises.map(({ promise }) => oneLine(promise)) ?? [];
  const unit = { rate: 'requests/s', concurrency: 'clients', 'max-concurrency': 'max-concurrency' }[found.by];
  return {
    heading: [unit, 'requests', ...promises.flatMap((promise) => [promise, 'interval', 'missed']), 'verdict'],
    rows: found.points.map((point) => [
      loadNumber(found.by, point.load),
      whole(point.requests),
      ...point.promises.flatMap((each) => [
        orUnknown(each.value_ms, timeText),
        each.value_lower_ms === null || each.value_upper_ms === null
          ? '–'
          : timeRangeText(each.value_lower_ms, each.value_upper_ms),
        orUnknown(each.missed_share, percentText),
      ]),
      verdictText(point),
    ]),
  };
}

function verdictText({ verdict, overloaded }: FindMaxPoint): string {
  return overloaded ? 'queue grows' : verdict;
}

/** Columns of a curve. */
const curveWidth = 50;

/** For each promise, its value at each load as a bar on a logarithmic axis, with a mark at the limit. */
export function findMaxCurves({ find_max: found }: Pick<BenchResult, 'find_max'>): readonly (readonly string[])[] {
  if (found === undefined) return [];
  const promises = found.points[0]?.promises.map(({ promise }) => promise) ?? [];
  return promises.flatMap((promise, index) => {
    const points = found.points.flatMap((point) => {
      const value = point.promises[index]?.value_ms ?? null;
      return value === null || value <= 0 ? [] : [{ load: loadNumber(found.by, point.load), value }];
    });
    if (points.length < 2) return [];
    const limit = parseObjective(promise).belowMs;
    const from = Math.min(limit, ...points.map(({ value }) => value)) / 1.5;
    const to = Math.max(limit, ...points.map(({ value }) => value)) * 1.1;
    const at = (ms: number): number => Math.round((Math.log(ms / from) / Math.log(to / from)) * curveWidth);
    const left = Math.max(...points.map(({ load }) => load.length));
    const mark = at(limit);
    const lines = points.map(({ load, value }) => {
      const bar = '█'.repeat(at(value)).padEnd(curveWidth + 1);
      const cells = Array.from(bar, (cell) => cell)
        .map((cell, column) => (column === mark ? (cell === '█' ? '┃' : '│') : cell))
        .join('');
      return `  ${load.padStart(left)}  ${cells} ${timeText(value)}`;
    });
    return [[`${oneLine(promise)} by load; │ is the limit, ${tickText(limit)}`, ...lines]];
  });
}
