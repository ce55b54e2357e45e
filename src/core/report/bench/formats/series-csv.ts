import { hasEnoughSamples } from '../../../measurement/latency/histogram.js';
import { cellsOf, countOf, sketchQuantileMs } from '../../../measurement/latency/latency-sketch.js';
import type { BenchResult, Series } from '../../../measurement/result-schema.js';
import { stageNumberAt } from '../../../measurement/settings/stage-summary.js';
import { type CsvColumn, csvText } from '../../text/csv.js';
import { runColumns, type RunOfServer, runsOf } from './run-columns.js';

interface Row extends RunOfServer {
  readonly series: Series;
  readonly bin: number;
}

function quantile(metric: 'ttft' | 'tpot' | 'e2e', percent: number): (row: Row) => number | null {
  return ({ series, bin }) => {
    const cells = cellsOf(series[metric]?.[bin] ?? []);
    const ms = percent === 50 || hasEnoughSamples(countOf(cells), percent) ? sketchQuantileMs(cells, percent) : null;
    return ms === null ? null : Number(ms.toPrecision(4));
  };
}

/** Name, with its unit, and value of every column. The order is stable; new columns are added at the end. */
const columns: readonly CsvColumn<Row>[] = [
  ...runColumns(),
  ['from_s', ({ series, bin }) => bin * series.bin_seconds],
  ['to_s', ({ series, bin }) => (bin + 1) * series.bin_seconds],
  ['sent', ({ series, bin }) => series.sent[bin] ?? null],
  ['completed', ({ series, bin }) => series.completed[bin] ?? null],
  ['failed', ({ series, bin }) => series.failed[bin] ?? null],
  ['output_tokens', ({ series, bin }) => series.output_tokens[bin] ?? null],
  ['in_flight', ({ series, bin }) => series.in_flight[bin] ?? null],
  ['ttft_count', ({ series, bin }) => countOf(cellsOf(series.ttft[bin] ?? []))],
  ['ttft_p50_ms', quantile('ttft', 50)],
  ['ttft_p95_ms', quantile('ttft', 95)],
  ['tpot_p50_ms', quantile('tpot', 50)],
  ['tpot_p95_ms', quantile('tpot', 95)],
  ['server_running', ({ series, bin }) => series.server?.running[bin] ?? null],
  ['server_waiting', ({ series, bin }) => series.server?.waiting[bin] ?? null],
  ['gpu_use_percent', ({ series, bin }) => ofGpus(series, (gpu) => gpu.use_percent[bin])],
  ['gpu_memory_bytes', ({ series, bin }) => ofGpus(series, (gpu) => gpu.memory_bytes[bin])],
  ['e2e_p50_ms', quantile('e2e', 50)],
  ['e2e_p95_ms', quantile('e2e', 95)],
  ['stage', ({ run, series, bin }) => stageNumberAt(run.stages ?? [], bin * series.bin_seconds)],
];

/** A value of each GPU, separated by spaces; `-` where it is not known. */
function ofGpus(
  { gpus }: Series,
  value: (gpu: NonNullable<Series['gpus']>[number]) => number | null | undefined,
): string | null {
  return gpus === undefined ? null : gpus.map((gpu) => String(value(gpu) ?? '-')).join(' ');
}

/** The series of all runs as CSV: a row for each bin of each run. */
export function toSeriesCsv(result: Pick<BenchResult, 'runs' | 'versus'>): string {
  const rows = runsOf(result).flatMap(({ role, run }) => {
    const { series } = run;
    return series === undefined ? [] : series.sent.map((_, bin) => ({ role, run, series, bin }));
  });
  return csvText(columns, rows);
}
