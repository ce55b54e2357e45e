import type { ComparedMetric } from '../../compare/compared-metric.js';
import type { HistoryEntry, HistoryRow } from '../../history/entry-schema.js';
import { settingsKey } from '../../measurement/by-setting.js';
import { plural } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { valueText } from '../compare/words.js';
import { oneLine } from '../text/escape.js';

/** What other programs call their formats: the `tool` of github-action-benchmark, and Bencher. */
export const exportFormats = ['customSmallerIsBetter', 'customBiggerIsBetter', 'bencher'] as const;

export type ExportFormat = (typeof exportFormats)[number];

export interface Exported {
  /** The result with all its trials. */
  readonly entry: HistoryEntry;
  /** Each trial as if it were a result, for the range; none if they are unknown. */
  readonly trials: readonly HistoryEntry[];
  readonly metrics: readonly ComparedMetric[];
}

/** A figure at one setting, with the least and the greatest that a single trial had. */
interface ExportedFigure {
  readonly row: HistoryRow;
  readonly metric: ComparedMetric;
  readonly value: number;
  readonly range: { readonly least: number; readonly most: number } | null;
}

/** The content of the file for another program. Figures that are not known are left out. */
export function exportContent(exported: Exported, format: ExportFormat): object {
  switch (format) {
    case 'customSmallerIsBetter':
      return githubActionBenchmark(exported, 'latency');
    case 'customBiggerIsBetter':
      return githubActionBenchmark(exported, 'rate');
    case 'bencher':
      return bencherMetricFormat(exported);
  }
}

/**
 * The array of entries that github-action-benchmark reads (`BenchmarkResult` in its `src/extract.ts`). It has one direction
 * for a whole file, so latencies and rates are in separate ones. The name identifies a figure across commits.
 */
function githubActionBenchmark(exported: Exported, type: ComparedMetric['type']): readonly object[] {
  const { entry } = exported;
  return figuresOf(exported)
    .filter(({ metric }) => metric.type === type)
    .map(({ row, metric, value, range }) => ({
      name: `${benchmarkName(entry, row)}: ${metric.id}`,
      unit: unitName(metric),
      value,
      ...(range === null ? {} : { range: `${valueText(range.least, metric)} to ${valueText(range.most, metric)}` }),
      extra: `${plural(row.requests.completed, 'completed request')} in ${plural(row.trials, 'trial')}\n${oneLine(entry.target.server)}, measured with chatstream ${entry.tool.version}`,
    }));
}

/**
 * Bencher Metric Format: benchmarks with their measures (https://bencher.dev/docs/reference/bencher-metric-format/). The
 * measures are named by slugs, which Bencher creates at their first use.
 */
function bencherMetricFormat(exported: Exported): object {
  const benchmarks = new Map<string, Record<string, object>>();
  for (const { row, metric, value, range } of figuresOf(exported)) {
    const name = benchmarkName(exported.entry, row);
    const measures = benchmarks.get(name) ?? {};
    measures[measureSlug(metric)] = {
      value,
      ...(range === null ? {} : { lower_value: range.least, upper_value: range.most }),
    };
    benchmarks.set(name, measures);
  }
  return Object.fromEntries(benchmarks);
}

function figuresOf({ entry, trials, metrics }: Exported): readonly ExportedFigure[] {
  return entry.rows.flatMap((row) =>
    metrics.flatMap((metric) => {
      const value = row.figures[metric.id] ?? null;
      return value === null ? [] : [{ row, metric, value, range: rangeOf(trials, row, metric) }];
    }),
  );
}

/** Null with fewer than two trials, or if one of them has too few samples for the figure. */
function rangeOf(trials: readonly HistoryEntry[], row: HistoryRow, { id }: ComparedMetric): ExportedFigure['range'] {
  const key = settingsKey(row.settings);
  const own = trials.flatMap(({ rows }) => rows.filter(({ settings }) => settingsKey(settings) === key));
  const values = own.flatMap(({ figures }) => figures[id] ?? []);
  if (own.length < 2 || values.length < own.length) return null;
  return { least: Math.min(...values), most: Math.max(...values) };
}

/** The same for each commit. */
function benchmarkName({ target }: HistoryEntry, { settings }: HistoryRow): string {
  return `${oneLine(target.model)}: ${wholeSettingText(settings)}`;
}

function unitName(metric: ComparedMetric): string {
  if (metric.type === 'latency') return 'ms';
  if (metric.rate === 'success_rate') return 'share';
  return metric.rate.includes('tokens') ? 'tokens/s' : 'requests/s';
}

/** `ttft-p95-ms`, `output-tokens-per-second`. */
function measureSlug({ id, type }: ComparedMetric): string {
  return `${id.replaceAll(/[._]/g, '-')}${type === 'latency' ? '-ms' : ''}`;
}
