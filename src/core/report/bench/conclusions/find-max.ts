import {
  orUnknown,
  percentText,
  significant,
  tickText,
  timeRangeText,
  timeText,
  whole,
} from '../../../measurement/numbers.js';
import type { BenchResult, FindMax, FindMaxPoint, Setting } from '../../../measurement/result-schema.js';
import { parseObjective } from '../../../measurement/settings/objectives.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { oneLine } from '../../text/escape.js';

/** A load without its unit: clients and slots are counted, a rate is measured. */
export function loadNumber(by: FindMax['by'], load: number): string {
  return by === 'rate' ? significant(load) : whole(load);
}

/** A load with its unit: `5.6 requests/s`, `12 clients`, `max-concurrency 4`. */
export function loadText(by: FindMax['by'], load: string): string {
  switch (by) {
    case 'rate':
      return `${load} requests/s`;
    case 'concurrency':
      return load === '1' ? '1 client' : `${load} clients`;
    case 'max-concurrency':
      return `max-concurrency ${load}`;
  }
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
  const objectives = found.points[0]?.promises.map(({ promise }) => oneLine(promise)) ?? [];
  const unit = { rate: 'requests/s', concurrency: 'clients', 'max-concurrency': 'max-concurrency' }[found.by];
  return {
    heading: [unit, 'requests', ...objectives.flatMap((objective) => [objective, 'interval', 'missed']), 'verdict'],
    rows: found.points.map((point) => [
      loadNumber(found.by, point.load),
      whole(point.requests),
      ...point.promises.flatMap((each) => [
        orUnknown(each.value_ms, timeText),
        orUnknown(each.value_lower_ms, (lower) => valueRangeText(lower, each.value_upper_ms)),
        orUnknown(each.missed_share, percentText),
      ]),
      verdictText(point),
    ]),
  };
}

/** The interval of a percentile: `432 to 528 ms`; without an upper end `432 ms or more`. */
export function valueRangeText(lowerMs: number, upperMs: number | null): string {
  return upperMs === null ? `${timeText(lowerMs)} or more` : timeRangeText(lowerMs, upperMs);
}

/** `holds`, `missed`, `unclear`, or that the queue grows. */
export function verdictText({ verdict, overloaded }: Pick<FindMaxPoint, 'verdict' | 'overloaded'>): string {
  if (overloaded) return 'queue grows';
  return verdict === 'breaks' ? 'missed' : verdict;
}

/** Columns of a curve. */
const curveWidth = 50;

/** For each objective, its value at each load as a bar on a logarithmic axis, with a mark at the limit. */
export function findMaxCurves({ find_max: found }: Pick<BenchResult, 'find_max'>): readonly (readonly string[])[] {
  if (found === undefined) return [];
  const objectives = found.points[0]?.promises.map(({ promise }) => promise) ?? [];
  return objectives.flatMap((objective, index) => {
    const points = found.points.flatMap((point) => {
      const value = point.promises[index]?.value_ms ?? null;
      return value === null || value <= 0 ? [] : [{ load: loadNumber(found.by, point.load), value }];
    });
    if (points.length < 2) return [];
    const limit = parseObjective(objective).belowMs;
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
    return [[`${oneLine(objective)} by load; │ is the limit, ${tickText(limit)}`, ...lines]];
  });
}
