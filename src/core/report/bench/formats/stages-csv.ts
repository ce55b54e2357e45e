import { hasEnoughSamples } from '../../../measurement/latency/histogram.js';
import type { BenchResult, Metric, StageFigures } from '../../../measurement/result-schema.js';
import { type CsvColumn, csvText } from '../../text/csv.js';
import { runColumns, type RunOfServer, runsOf } from './run-columns.js';

interface Row extends RunOfServer {
  /** From 1. */
  readonly number: number;
  readonly stage: StageFigures;
}

function latency(name: 'ttft' | 'tpot' | 'e2e'): readonly CsvColumn<Row>[] {
  const figure = (of: (metric: Metric) => number | null) => (row: Row) => of(row.stage[name]);
  return [
    [`${name}_p50_ms`, figure(({ p50 }) => p50)],
    [`${name}_p95_ms`, figure(({ count, p95 }) => (hasEnoughSamples(count, 95) ? p95 : null))],
  ];
}

/** Name, with its unit, and value of every column. The order is stable; new columns are added at the end. */
const columns: readonly CsvColumn<Row>[] = [
  ...runColumns(),
  ['stage', ({ number }) => number],
  ['from_s', ({ stage }) => stage.from_seconds],
  ['to_s', ({ stage }) => stage.to_seconds],
  ['from_rate_per_s', ({ stage }) => stage.from_rate],
  ['to_rate_per_s', ({ stage }) => stage.to_rate],
  ['completed', ({ stage }) => stage.completed],
  ['unanswered', ({ stage }) => stage.unanswered],
  ['requests_per_s', ({ stage }) => stage.requests_per_second],
  ['output_tokens_per_s', ({ stage }) => stage.output_tokens_per_second],
  ...latency('ttft'),
  ...latency('tpot'),
  ...latency('e2e'),
  ['overload_in_flight_per_s', ({ stage }) => stage.overload?.in_flight_per_second.slope ?? null],
];

/** The stages of all runs as CSV: a row for each stage of each run; only the names of the columns if there are no stages. */
export function toStagesCsv(result: Pick<BenchResult, 'runs' | 'versus'>): string {
  const rows = runsOf(result).flatMap(({ role, run }) =>
    (run.stages ?? []).map((stage, index) => ({ role, run, number: index + 1, stage })),
  );
  return csvText(columns, rows);
}
