import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import { type PerMetric, perMetric } from '../../measurement/metric-names.js';
import type { Rejection } from '../client/rejection.js';
import type { AnswerCounts } from './counters/answer-counts.js';
import type { ExecutorCounts } from './counters/executors.js';
import { decodeGroups, type EncodedGroups, encodeGroups, type Groups } from './counters/groups.js';
import type { HeldBackCounts } from './counters/held-back.js';
import type { LeaverCounts } from './counters/leaver-counter.js';
import type { ProbeCounts } from './counters/probe-counter.js';
import type { RunSeries } from './run-series.js';
import type { RunTrend } from './run-trend.js';

/** What one worker measured in one run. */
export interface RunPart {
  readonly completed: number;
  readonly refused: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly reconnects: number;
  readonly warmup: number;
  /** Unanswered requests by code, with the first message of each. */
  readonly errors: Readonly<Record<string, { readonly count: number; readonly message: string }>>;
  /** Completed requests that met all objectives. */
  readonly good: number;
  /**
   * Requests answered since the end of the warm-up. A request that began earlier counts by the share that arrived
   * since.
   */
  readonly servedRequests: number;
  /** Tokens that arrived since then, counted in the same way. */
  readonly servedTokens: number;
  /** Output tokens of completed requests that count. */
  readonly outputTokens: number;
  /** Their input tokens; null if the server did not say. */
  readonly inputTokens: number | null;
  /**
   * For how many requests the server counted the output tokens (`usage`), and for how many the client did (`chunks`).
   */
  readonly tokenSources: { readonly usage: number; readonly chunks: number };
  readonly queueWaitSource: 'measured' | 'derived' | null;
  /** What the counted answers say about themselves. */
  readonly answers: AnswerCounts;
  /** Which servers answered, if servers behind the one that was asked did; empty if that is not known. */
  readonly executors: ExecutorCounts;
  /** How answers were compressed, such as `gzip`; null if they were not. */
  readonly contentEncoding: string | null;
  /**
   * End of the warm-up, last end, last intended start in microseconds of the common clock; null if nothing was counted.
   */
  readonly span: { readonly beginUs: number; readonly lastEndUs: number; readonly lastIntendedUs: number } | null;
  /** How long requests were begun beyond the planned duration because there were too few; 0 if they were not. */
  readonly extendedUs: number;
  /** The number of counted requests in flight, integrated over time, in request-microseconds. */
  readonly inFlightUs: number;
  readonly heldBack: HeldBackCounts;
  /** What none of the other figures contains. */
  readonly leavers: LeaverCounts;
  readonly probes: ProbeCounts;
  /** Figures of requests that belong together, such as those of a turn. */
  readonly groups: Groups;
  /** How the run developed. */
  readonly trend: RunTrend;
  /** The same for pictures, in longer pieces with more in each. */
  readonly series: RunSeries;
  readonly histograms: PerMetric<LatencyHistogram>;
  /** How late the event loop was while the window was open. */
  readonly loopDelay: LatencyHistogram;
  /** Why the first requests were all rejected; null if they were not. */
  readonly rejection: Rejection | null;
  /** Why not all samples were written, such as a full disk; null if they were, or were not requested. */
  readonly samplesFailure: string | null;
}

/** A part as plain data, which can be sent to another thread; objects of a class cannot. */
export interface EncodedRunPart extends Omit<RunPart, 'histograms' | 'loopDelay' | 'groups'> {
  readonly groups: EncodedGroups;
  readonly histograms: PerMetric<string>;
  readonly loopDelay: string;
}

export function encodePart({ histograms, loopDelay, groups, ...rest }: RunPart): EncodedRunPart {
  return {
    ...rest,
    groups: encodeGroups(groups),
    histograms: perMetric((name) => histograms[name].encode()),
    loopDelay: loopDelay.encode(),
  };
}

export function decodePart({ histograms, loopDelay, groups, ...rest }: EncodedRunPart): RunPart {
  return {
    ...rest,
    groups: decodeGroups(groups),
    histograms: perMetric((name) => LatencyHistogram.decode(histograms[name])),
    loopDelay: LatencyHistogram.decode(loopDelay),
  };
}
