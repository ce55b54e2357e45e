import type { Run } from '../../measurement/result-schema.js';

const besideFigures: readonly (readonly [string, (run: Run) => number | null])[] = [
  ['overload_in_flight_per_s', (run) => run.overload?.in_flight_per_second.slope ?? null],
  ['held_back', (run) => run.held_back?.requests ?? null],
  ['held_back_mean_ms', (run) => run.held_back?.mean_ms ?? null],
  ['held_back_max_ms', (run) => run.held_back?.max_ms ?? null],
  ['cancelled_requests', (run) => run.cancelled?.requests ?? null],
  ['cancelled_left', (run) => run.cancelled?.left ?? null],
  ['cancelled_left_before_first_token', (run) => run.cancelled?.left_before_first_token ?? null],
  ['probes_completed', (run) => run.probes?.completed ?? null],
  ['probes_unanswered', (run) => run.probes?.unanswered ?? null],
  ['probe_ttft_p50_ms', (run) => run.probes?.ttft.p50 ?? null],
  ['probe_ttft_p95_ms', (run) => run.probes?.ttft.p95 ?? null],
];

/** Columns on what has no percentile of its own in the main table: overload, requests held back, leavers, probes. */
export const besideColumns = besideFigures.map(
  ([name, of]) => [name, ({ run }: { readonly run: Run }): number | null => of(run)] as const,
);
