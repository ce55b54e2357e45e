import type { Setting } from '../measurement/result-schema.js';

/** Where a running bench is: what the live block shows. Figures are of the current run alone. */
export interface BenchProgress {
  /** Counted from 1, over all settings and trials. */
  readonly run: number;
  readonly runs: number;
  readonly setting: Setting;
  readonly trial: number;
  /** `finishing`: nothing more is sent, the requests in flight are waited for. */
  readonly phase: 'warm-up' | 'measuring' | 'finishing';
  readonly elapsedMs: number;
  /** Warm-up and measurement together; null if the run ends after a number of requests. */
  readonly plannedMs: number | null;
  readonly completed: number;
  readonly inFlight: number;
  /** Refused, failed and timed out together. */
  readonly failed: number;
  readonly outputTokensPerSecond: number;
  readonly ttftP50Ms: number | null;
  readonly ttftP95Ms: number | null;
}
