import type { SketchCells } from '../../measurement/latency/latency-sketch.js';
import type { Series } from '../../measurement/result-schema.js';
import type { RunSeries } from '../record/run-series.js';

/** What was observed of the server beside the load. Times are microseconds of the common clock. */
export interface Observations {
  /** The source that says how many requests run and wait; null if there is none. */
  readonly source: string | null;
  readonly lengths: readonly {
    readonly atUs: number;
    readonly running: number | null;
    readonly waiting: number | null;
  }[];
  readonly gpus: readonly {
    readonly atUs: number;
    readonly gpu: number;
    readonly usePercent: number | null;
    readonly memoryBytes: number | null;
  }[];
}

export const nothingObserved: Observations = { source: null, lengths: [], gpus: [] };

/**
 * A run over time in the form of the result.
 *
 * @param beginUs end of the warm-up
 * @returns null if nothing happened after it
 */
export function assembleSeries(
  { binUs, bins }: RunSeries,
  { source, lengths, gpus }: Observations,
  beginUs: number,
): Series | null {
  if (bins.length === 0) return null;
  const binned = <Seen extends { readonly atUs: number }>(
    seen: readonly Seen[],
    value: (each: Seen) => number | null,
  ): (number | null)[] => meansPerBin(seen, value, { beginUs, binUs, length: bins.length });
  const indices = [...new Set(gpus.map(({ gpu }) => gpu))].sort((one, other) => one - other);
  const perGpu = indices.map((index) => gpus.filter(({ gpu }) => gpu === index));
  return {
    bin_seconds: binUs / 1e6,
    sent: bins.map(({ sent }) => sent),
    completed: bins.map(({ completed }) => completed),
    failed: bins.map(({ failed }) => failed),
    output_tokens: bins.map(({ tokens }) => rounded(tokens)),
    in_flight: bins.map(({ inFlightUs }) => rounded(Math.max(0, inFlightUs / binUs))),
    ttft: bins.map(({ ttft }) => pairsOf(ttft)),
    tpot: bins.map(({ tpot }) => pairsOf(tpot)),
    ...(bins.some(({ e2e }) => e2e.length > 0) ? { e2e: bins.map(({ e2e }) => pairsOf(e2e)) } : {}),
    ...(source === null
      ? {}
      : {
          server: {
            source,
            running: binned(lengths, ({ running }) => running),
            waiting: binned(lengths, ({ waiting }) => waiting),
          },
        }),
    ...(perGpu.length === 0
      ? {}
      : {
          gpus: perGpu.map((readings) => ({
            use_percent: binned(readings, ({ usePercent }) => usePercent),
            memory_bytes: binned(readings, ({ memoryBytes }) => memoryBytes),
          })),
        }),
  };
}

function pairsOf(cells: SketchCells): [number, number][] {
  return cells.map(([cell, count]) => [cell, count]);
}

function meansPerBin<Seen extends { readonly atUs: number }>(
  seen: readonly Seen[],
  value: (each: Seen) => number | null,
  { beginUs, binUs, length }: { readonly beginUs: number; readonly binUs: number; readonly length: number },
): (number | null)[] {
  const sums = Array.from({ length }, () => ({ sum: 0, count: 0 }));
  for (const each of seen) {
    const bin = sums[Math.floor((each.atUs - beginUs) / binUs)];
    const known = value(each);
    if (bin === undefined || known === null) continue;
    bin.sum += known;
    bin.count += 1;
  }
  return sums.map(({ sum, count }) => (count === 0 ? null : rounded(sum / count)));
}

/** Finer differences are meaningless. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
