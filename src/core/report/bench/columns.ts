import { medianText } from '../../measurement/latency/median.js';
import { orUnknown, percentText, significant, unitFor, unknown, whole } from '../../measurement/numbers.js';
import type { BenchResult, MetricFigures, Plan, QueueWaitSource } from '../../measurement/result-schema.js';
import { dimensionsOf, settingValue } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { growing, steadyOf } from './overload.js';

/** Whether a column has times, in the unit that its group names, rather than a share. */
export function isTime({ heading }: Pick<Column, 'heading'>): boolean {
  return heading === 'mean' || /^p\d/.test(heading);
}

/** A column of the main table. */
export interface Column {
  /** Adjacent columns with the same group share one title. */
  readonly group: string;
  readonly heading: string;
  readonly cells: readonly string[];
  /** If there is too little room, columns with the highest numbers are dropped first; those with 0 always stay. */
  readonly sacrifice: number;
}

/** The columns of the main table, with one row per setting. Columns without any value are left out. */
export function columnsOf(result: BenchResult, summaries: readonly SettingSummary[]): readonly Column[] {
  const [names, ...figures] = [settingColumns(summaries), latencyColumns(result, summaries), rateColumns(summaries)];
  return [...names, ...figures.flat().filter(({ cells }) => cells.some((cell) => cell !== unknown))];
}

function settingColumns(summaries: readonly SettingSummary[]): readonly Column[] {
  return dimensionsOf(summaries.map(({ settings }) => settings)).map((dimension) => ({
    group: dimension.heading[0],
    heading: dimension.heading[1],
    cells: summaries.map(({ settings }) => settingValue(settings, dimension)),
    sacrifice: 0,
  }));
}

function latencyColumns(result: BenchResult, summaries: readonly SettingSummary[]): readonly Column[] {
  const headline = headlineOf(result);
  const steady = new Set(steadyOf(summaries));
  const unlessGrowing = <Figures>(summary: SettingSummary, figures: Figures): Figures | null =>
    steady.has(summary) ? figures : null;
  const ttft = summaries.map((summary) => unlessGrowing(summary, summary.metrics[headline.metric]));
  const queueWait = summaries.map((summary) => {
    const { queue_wait: figures } = summary.metrics;
    return figures.count === 0 ? figures : unlessGrowing(summary, figures);
  });
  const probes = summaries.map(({ loadShape }) => loadShape.probes?.ttft ?? noProbes);
  const tpot = summaries.map(({ metrics }) => metrics.tpot);
  const atMost = queueWaitSourceOf(summaries) === 'derived' ? ' at most' : '';
  const queueWaitColumns = percentileColumns(`queue wait${atMost}`, queueWait, { p50: 4, p95: 0, p99: 6 });
  return [
    ...percentileColumns(headline.name, ttft, { p50: 0, p95: 0, p99: 5 }),
    ...queueWaitColumns,
    {
      group: queueWaitColumns[0]?.group ?? '',
      heading: 'of TTFT',
      cells: summaries.map((summary) =>
        steady.has(summary) || summary.queueShare === null ? orUnknown(summary.queueShare, percentText) : growing,
      ),
      sacrifice: 3,
    },
    ...percentileColumns('TPOT', tpot, { p50: 2, p95: 9 }),
    ...percentileColumns('probe TTFT', probes, { p50: 1, p95: 1 }),
  ];
}

type Percentile = 'p50' | 'p95' | 'p99';
type Percentiles = Pick<MetricFigures, Percentile | 'p50_interval' | 'mean'>;

const noProbes: Percentiles = { mean: null, p50: null, p95: null, p99: null };

/**
 * Where no row has enough samples for a percentile, the mean stands for them.
 *
 * @param rows null where figures would depend on how long was measured
 */
function percentileColumns(
  name: string,
  rows: readonly (Percentiles | null)[],
  sacrifices: Partial<Record<Percentile, number>>,
): readonly Column[] {
  const wanted = (['p50', 'p95', 'p99'] as const).filter((percentile) => sacrifices[percentile] !== undefined);
  const known = rows.filter((row) => row !== null);
  const isMean =
    known.every((row) => wanted.every((percentile) => row[percentile] === null)) &&
    known.some(({ mean }) => mean !== null);
  const unit = unitFor(known.flatMap((row) => (isMean ? row.mean : wanted.map((percentile) => row[percentile]))));
  const inUnit = (ms: number): string => significant(ms / unit.ms);
  if (isMean) {
    return [
      {
        group: `${name}, ${unit.name}`,
        heading: 'mean',
        cells: rows.map((row) => (row === null ? growing : orUnknown(row.mean, inUnit))),
        sacrifice: Math.min(...wanted.map((percentile) => sacrifices[percentile] ?? 0)),
      },
    ];
  }
  return wanted.map((percentile) => ({
    group: `${name}, ${unit.name}`,
    heading: percentile,
    cells: rows.map((row) => {
      if (row === null) return growing;
      return percentile === 'p50' ? medianText(row, inUnit) : orUnknown(row[percentile], inUnit);
    }),
    sacrifice: sacrifices[percentile] ?? 0,
  }));
}

function rateColumns(summaries: readonly SettingSummary[]): readonly Column[] {
  const refused = summaries.map(({ requests }) => requests.refused);
  const errors = summaries.map(({ requests }) => requests.failed + requests.timed_out);
  const rate = (heading: string, values: readonly (number | null)[], sacrifice: number): Column => ({
    group: heading,
    heading: 'per s',
    cells: values.map((value) => orUnknown(value, significant)),
    sacrifice,
  });
  const columns = [
    rate(
      'tokens',
      summaries.map(({ rates, countsTokens }) => (countsTokens ? rates.output_tokens_per_second : null)),
      0,
    ),
    // Of embeddings, they are the work.
    rate(
      'tokens in',
      summaries.map(({ rates, countsTokens }) => (countsTokens ? null : rates.input_tokens_per_second)),
      0,
    ),
    rate(
      'requests',
      summaries.map(({ rates }) => rates.requests_per_second),
      7,
    ),
    rate(
      'goodput',
      summaries.map(({ rates }) => rates.goodput),
      1,
    ),
  ];
  if (refused.some((count) => count > 0)) columns.push(countColumn('refused', refused));
  if (errors.some((count) => count > 0)) columns.push(countColumn('errors', errors));
  return columns;
}

function countColumn(heading: string, counts: readonly number[]): Column {
  return { group: '', heading, cells: counts.map(whole), sacrifice: 1 };
}

/** The latency that a report shows first, and its name. */
export interface Headline {
  readonly metric: 'ttft' | 'ttft_from_schedule' | 'e2e';
  readonly name: string;
}

/**
 * In an open loop latency counts from when a request should have been sent: a slow client would hide what users feel.
 * Answers that come as a whole have no first token.
 */
export function headlineOf({ plan }: { readonly plan: Pick<Plan, 'loop' | 'streaming'> }): Headline {
  if (plan.streaming === false) return { metric: 'e2e', name: 'E2E' };
  return plan.loop === 'open'
    ? { metric: 'ttft_from_schedule', name: 'TTFT from schedule' }
    : { metric: 'ttft', name: 'TTFT' };
}

/** The least exact source of all rows, since a column is only as good as its worst row. */
export function queueWaitSourceOf(summaries: readonly SettingSummary[]): QueueWaitSource {
  const sources = new Set(summaries.map(({ metrics }) => metrics.queue_wait.source));
  const worstFirst = ['aggregate', 'derived', 'measured'] as const;
  return worstFirst.find((source) => sources.has(source)) ?? 'unavailable';
}

export const queueWaitSourceText: Readonly<Record<QueueWaitSource, string>> = {
  measured: 'measured: the server reports it for each request',
  derived: "derived (upper bound): TTFT less the server's time for the prompt",
  aggregate: "aggregate: from the server's own histogram, interpolated between its buckets",
  unavailable: 'unavailable: the server does not say how long requests wait',
};
