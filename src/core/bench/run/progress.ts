import { microsNow } from '../../base/micros.js';
import type { Setting } from '../../measurement/result-schema.js';
import { needsMore } from '../load/job/extension.js';
import type { LoadJob, LoadShape } from '../load/job/load-job.js';
import type { LoadGenerator } from '../load/load-generator.js';
import type { PlannedRun } from '../plan/settings.js';
import { dueShare } from '../plan/stages.js';
import { shareOfTimes } from '../plan/trace.js';
import { mergedSnapshot } from '../record/merged-snapshot.js';
import type { RunTrend } from '../record/run-trend.js';
import { queueGrowthOf } from '../result/overload.js';
import type { RunningRun } from './abort.js';
import { fillingOf, isSteady } from './filling.js';

/** Which run it is. */
export interface RunPlace {
  /** Counted from 1, over all settings, trials and servers; two runs at the same time have the same number. */
  readonly run: number;
  /** Null for a search, because the number of its runs is unknown. */
  readonly runs: number | null;
  /** The server that is measured; null if there is only one. The URL has no query. */
  readonly server: {
    readonly role: 'candidate' | 'baseline';
    readonly url: string;
    /** Whether the other one is measured at the same time. */
    readonly isDuet: boolean;
  } | null;
}

/** The progress of a running bench, for the live display. The figures are those of the current run. */
export interface BenchProgress extends RunPlace {
  readonly setting: Setting;
  readonly trial: number;
  /**
   * `extending`: the duration is over, but there are too few requests. `finishing`: nothing more is sent; the bench waits
   * for the requests in flight.
   */
  readonly status: 'warm-up' | 'measuring' | 'extending' | 'finishing';
  readonly elapsedMs: number;
  /**
   * Warm-up and measurement together, up to the longest while `extending`; null if the run ends after a number of
   * requests.
   */
  readonly plannedMs: number | null;
  /** The number of completed requests up to which the run continues beyond its duration; null if it does not. */
  readonly leastRequests: number | null;
  readonly completed: number;
  /** Requests that were sent during the warm-up, which do not count. */
  readonly warmup: number;
  /** Including those of the warm-up. */
  readonly inFlight: number;
  /** Refused, failed and timed out together. */
  readonly failed: number;
  readonly outputTokensPerSecond: number;
  /** Whether there are output tokens to count: not for embeddings. */
  readonly countsTokens: boolean;
  /** The latency of the percentiles, as in the report: whole answers have no first token. */
  readonly latency: 'ttft' | 'ttft_from_schedule' | 'e2e';
  /**
   * Whether the queue of an open loop grows without end, as far as can be told by now: then percentiles mean nothing.
   */
  readonly isGrowing: boolean;
  /** Null while there are too few requests for a median, as in the report. */
  readonly p50Ms: number | null;
  /** Whether the median is based on so few requests that the report marks it. */
  readonly isP50Rough: boolean;
  readonly p95Ms: number | null;
}

/** A run whose load is being sent. */
export interface RunUnderWay {
  readonly planned: PlannedRun;
  readonly place: RunPlace;
  readonly job: LoadJob;
  readonly load: LoadGenerator;
  /** When the load began, in microseconds of the common clock. */
  readonly startUs: number;
}

export function progressOf({ planned, place, job, load, startUs }: RunUnderWay): BenchProgress {
  const { setting, trial } = planned;
  const { client, shape, warmupMs, durationMs, extension } = job;
  // The slowest of several threads is shown; the exact figure needs their histograms, which arrive at the end.
  const { completed, warmup, inFlight, unanswered, servedTokens, trend, ...latency } = mergedSnapshot(load.snapshots());
  const elapsedMs = (microsNow() - startUs) / 1000;
  const measuredMs = elapsedMs - warmupMs;
  const isOver = durationMs !== null && measuredMs > durationMs;
  const isExtending = isOver && extension !== null && measuredMs < extension.longestMs && needsMore(extension);
  const windowMs = isExtending ? extension.longestMs : durationMs;
  return {
    ...place,
    setting,
    trial,
    status: measuredMs < 0 ? 'warm-up' : isExtending ? 'extending' : isOver ? 'finishing' : 'measuring',
    elapsedMs,
    plannedMs: windowMs === null ? null : warmupMs + windowMs,
    leastRequests: extension?.requests ?? null,
    completed,
    warmup,
    inFlight,
    failed: unanswered,
    outputTokensPerSecond: measuredMs > 0 ? servedTokens / (measuredMs / 1000) : 0,
    countsTokens: client.form?.endpoint !== 'embeddings',
    latency: client.form?.streaming === false ? 'e2e' : shape.type === 'open' ? 'ttft_from_schedule' : 'ttft',
    isGrowing: isGrowing(job, trend),
    p50Ms: latency.p50Ms,
    isP50Rough: latency.isP50Rough,
    p95Ms: latency.p95Ms,
  };
}

function isGrowing(job: LoadJob, trend: RunTrend): boolean {
  if (job.shape.type === 'closed' || !isSteady(job.shape)) return false;
  return queueGrowthOf(trend, fillingOf(job)).overload !== null;
}

/** What the rules of `--abort-on` are applied to. */
export function runningRun({ job, load, startUs }: RunUnderWay): RunningRun {
  const { warmupMs, durationMs, requests, shape, trackedObjectives } = job;
  const measuredMs = (microsNow() - startUs) / 1000 - warmupMs;
  const elapsedShare = durationMs === null ? null : Math.min(1, Math.max(0, measuredMs / durationMs));
  const sentShare = sentShareOf(shape, measuredMs, warmupMs, durationMs) ?? elapsedShare;
  const isOpenLoop = shape.type === 'open' && isSteady(shape);
  const filling = fillingOf(job);
  return {
    snapshots: load.snapshots(),
    elapsedShare,
    sentShare,
    requests,
    measuredMs,
    isOpenLoop,
    filling,
    trackedObjectives,
  };
}

/** The share of the window's requests that is due by now; null if it equals that of the time. */
function sentShareOf(shape: LoadShape, measuredMs: number, warmupMs: number, durationMs: number | null): number | null {
  if (shape.type === 'closed') return null;
  const { stages, times } = shape;
  if (times !== undefined) return shareOfTimes(times, measuredMs, { warmupMs, durationMs: durationMs ?? Infinity });
  return stages === undefined ? null : dueShare(stages, measuredMs);
}
