import { hasEnoughSamples, LatencyHistogram } from '../../measurement/histogram.js';
import { medianMs } from '../../measurement/median.js';
import { metricNames, perMetric } from '../../measurement/metric-names.js';
import type { Objective } from '../../measurement/objectives.js';
import type { CompletedRequest, RequestOutcome, UnansweredRequest } from '../client/outcome.js';
import type { Rejection } from '../client/rejection.js';
import { AnswerCounter } from './answer-counts.js';
import { LeaverCounter, ProbeCounter } from './apart.js';
import { gapsOf } from './burst.js';
import { ExecutorCounter } from './executors.js';
import { stageGroup } from './group-names.js';
import { GroupRecorder } from './groups.js';
import { HeldBack } from './held-back.js';
import { outputTokensOf } from './output-tokens.js';
import { isMet, metricsOf, type RequestMetrics } from './request-metrics.js';
import type { RunPart } from './run-part.js';
import { SeriesRecorder } from './run-series.js';
import { type RunTrend, TrendRecorder } from './run-trend.js';
import { servedSince } from './served.js';
import { StageTimes } from './stage-times.js';

/** Error codes come from servers. If there are more than this, the rest is counted as `other`. */
const mostErrorCodes = 50;

/** The figures of a run so far. */
export interface RunSnapshot {
  readonly completed: number;
  /** Requests that were sent during the warm-up, which do not count. */
  readonly warmup: number;
  /** Those of the warm-up included. */
  readonly inFlight: number;
  /** Due, but not sent yet because of `--max-in-flight`, those of the warm-up included. */
  readonly heldBack: number;
  /** Refused, failed and timed out. */
  readonly unanswered: number;
  /** Tokens that arrived since the end of the warm-up, of requests that were completed. */
  readonly servedTokens: number;
  /** Of the latency that the report shows first (docs/metrics.md); null with too few samples, as there. */
  readonly p50Ms: number | null;
  /** Whether the report would mark it, as one of few requests. */
  readonly isP50Rough: boolean;
  readonly p95Ms: number | null;
  readonly trend: RunTrend;
  /** Why the first requests were all rejected; null if they were not, or if that is not known yet. */
  readonly rejection: Rejection | null;
}

/** What is known of a request besides its outcome. */
interface RequestContext {
  /** How long it had been held back, in microseconds. */
  readonly heldUs?: number;
  /** With whose other requests it belongs together. */
  readonly groups?: readonly string[];
}

/** Turns outcomes into histograms and counts. Its memory does not depend on how many requests there are. */
export class RunRecorder {
  /** Requests that wait because as many are in flight as there may be. */
  readonly heldBack = new HeldBack();
  /** What is in no other figure. */
  readonly leavers = new LeaverCounter();
  readonly probes = new ProbeCounter();
  readonly #headline: 'ttft' | 'ttft_from_schedule';
  readonly #objectives: readonly Objective[];
  readonly #beginUs: number;
  readonly #histograms = perMetric(() => new LatencyHistogram());
  readonly #errors = new Map<string, { count: number; message: string }>();
  readonly #unanswered = { refused: 0, failed: 0, timed_out: 0 };
  readonly #tokenSources = { usage: 0, chunks: 0, none: 0 };
  readonly #executors = new ExecutorCounter();
  readonly #answers = new AnswerCounter();
  readonly #trend: TrendRecorder;
  readonly #groups = new GroupRecorder();
  readonly #series: SeriesRecorder;
  readonly #stages: StageTimes;
  #completed = 0;
  #reconnects = 0;
  #warmup = 0;
  #good = 0;
  #outputTokens = 0;
  #inputTokens: number | null = 0;
  #contentEncoding: string | null = null;
  #queueWaitSource: 'measured' | 'derived' | null = null;
  #lastEndUs = -Infinity;
  #lastIntendedUs = -Infinity;
  #inFlight = 0;
  #warmupInFlight = 0;
  #inFlightUs = 0;
  #countedUs: number | null = null;
  #servedRequests = 0;
  #servedTokens = 0;

  /**
   * @param objectives that a single request can meet or miss
   * @param beginUs end of the warm-up
   * @param promises whose misses are counted over time
   * @param stagesMs how long the stages of a rate that changes take; empty if it stays the same
   * @param headline the latency of the snapshots; whole answers have none, and show the end-to-end latency
   */
  constructor(
    objectives: readonly Objective[],
    beginUs: number,
    promises: readonly Objective[] = [],
    stagesMs: readonly number[] = [],
    headline: 'ttft' | 'ttft_from_schedule' = 'ttft',
  ) {
    this.#headline = headline;
    this.#objectives = objectives;
    this.#beginUs = beginUs;
    this.#trend = new TrendRecorder(promises, beginUs);
    this.#series = new SeriesRecorder(beginUs);
    this.#stages = new StageTimes(beginUs, stagesMs);
  }

  /** A request of the warm-up is about to be sent. */
  beginWarmup(): void {
    this.#warmup += 1;
    this.#warmupInFlight += 1;
  }

  /** It ended. Only what the server did for it after the measurement had begun is recorded. */
  endWarmup(outcome: RequestOutcome, groups: readonly string[] = []): void {
    this.#warmupInFlight -= 1;
    if (outcome.status === 'completed') this.#served(outcome, groups);
  }

  /** The same for one whose client was to leave. */
  endLeaver(outcome: RequestOutcome, groups: readonly string[] = []): void {
    this.leavers.end(outcome);
    if (outcome.status === 'completed') this.#served(outcome, groups);
  }

  /** A request that counts is about to be sent. */
  begin(intendedUs: number): void {
    this.#inFlight += 1;
    this.#trend.sent(intendedUs);
    this.#series.sent(intendedUs);
    this.#lastIntendedUs = Math.max(this.#lastIntendedUs, intendedUs);
  }

  /**
   * It ended.
   *
   * @returns its latencies, for the file of samples; null without a complete answer
   */
  end(outcome: RequestOutcome, { heldUs = 0, groups = [] }: RequestContext = {}): RequestMetrics | null {
    this.#inFlight -= 1;
    // A request that the bench itself ended says nothing about the server.
    if (outcome.status === 'aborted' || outcome.status === 'cancelled') {
      this.#inFlightUs -= outcome.endUs - outcome.sendUs;
      return null;
    }
    this.#reconnects += outcome.reconnects;
    this.#lastEndUs = Math.max(this.#lastEndUs, outcome.endUs);
    if (outcome.status === 'completed') {
      const metrics = this.#answered(outcome, heldUs, groups);
      for (const group of this.#groupsOf(outcome, groups)) this.#groups.answered(group, outcome, metrics);
      return metrics;
    }
    for (const group of this.#groupsOf(outcome, groups)) this.#groups.unanswered(group);
    this.#trend.unanswered(outcome.intendedUs);
    this.#series.ended(outcome, null);
    this.#unansweredBy(outcome.status, outcome);
    return null;
  }

  #answered(request: CompletedRequest, heldUs: number, groups: readonly string[]): RequestMetrics {
    const metrics = metricsOf(request);
    const { tokens, source } = outputTokensOf(request);
    this.#completed += 1;
    this.#tokenSources[source] += 1;
    this.#outputTokens += tokens;
    this.#answers.add(request);
    this.#executors.add(request);
    this.#trend.answered(request, metrics, heldUs);
    this.#series.ended(request, metrics);
    this.heldBack.answered(heldUs);
    this.#served(request, groups);
    // End-to-end latency, which Little's law is checked with, ends with the last text, however long the response stays open.
    this.#inFlightUs -= request.endUs - request.lastTokenUs;
    if (request.promptTokens === null) this.#inputTokens = null;
    else if (this.#inputTokens !== null) this.#inputTokens += request.promptTokens;
    this.#contentEncoding ??= request.contentEncoding ?? null;
    this.#queueWaitSource ??= request.serverTimings?.source ?? null;
    for (const name of metricNames) {
      if (name === 'chunk_gap') for (const gap of gapsOf(request)) this.#histograms.chunk_gap.record(gap);
      else {
        const value = metrics[name];
        if (value !== null) this.#histograms[name].record(value);
      }
    }
    if (this.#objectives.every((objective) => isMet(objective, metrics, request))) this.#good += 1;
    return metrics;
  }

  /**
   * Adds to the work that the server has done since the measurement began. Requests of the warm-up are part of it: while
   * they are still being answered, counted requests wait behind them, and the server is not idle.
   */
  #served(request: CompletedRequest, groups: readonly string[]): void {
    if (request.endUs < this.#beginUs) return;
    const { requests, tokens, chunksBefore } = servedSince(this.#beginUs, request);
    this.#servedRequests += requests;
    this.#servedTokens += tokens;
    this.#series.tokens(chunksBefore, tokens, request);
    for (const group of groups) this.#groups.served(group, requests, tokens);
    if (!this.#stages.areThere) return;
    for (const own of this.#stages.servedIn(request)) {
      this.#groups.served(stageGroup(own.stage), own.requests, own.tokens);
    }
  }

  /** Its groups, and the stage in which it was meant to be sent. */
  #groupsOf({ intendedUs }: RequestOutcome, groups: readonly string[]): readonly string[] {
    return this.#stages.areThere ? [...groups, stageGroup(this.#stages.at(intendedUs))] : groups;
  }

  #unansweredBy(status: 'refused' | 'failed' | 'timed_out', request: UnansweredRequest): void {
    this.#unanswered[status] += 1;
    // Little's law is checked for answered requests: only they have an end-to-end latency.
    this.#inFlightUs -= request.endUs - request.sendUs;
    const code = this.#errors.size < mostErrorCodes || this.#errors.has(request.code) ? request.code : 'other';
    const error = this.#errors.get(code);
    if (error === undefined) this.#errors.set(code, { count: 1, message: request.message });
    else error.count += 1;
  }

  /**
   * Samples the number of counted requests in flight. This measures the load independently of the times of single
   * requests, so that the two can be compared (Little's law).
   */
  countInFlight(nowUs: number): void {
    if (this.#countedUs !== null) {
      const elapsedUs = nowUs - this.#countedUs;
      this.#inFlightUs += this.#inFlight * elapsedUs;
      this.#trend.inFlight(nowUs, this.#allInFlight + this.heldBack.waiting, elapsedUs);
      this.#series.inFlight(nowUs, this.#allInFlight, elapsedUs);
    }
    this.#countedUs = nowUs < this.#beginUs ? null : nowUs;
  }

  get #allInFlight(): number {
    return this.#inFlight + this.#warmupInFlight + this.leavers.inFlight;
  }

  get snapshot(): Omit<RunSnapshot, 'rejection'> {
    const { refused, failed, timed_out: timedOut } = this.#unanswered;
    const { [this.#headline]: headline, e2e } = this.#histograms;
    const latency = headline.count === 0 ? e2e : headline;
    return {
      completed: this.#completed,
      warmup: this.#warmup,
      inFlight: this.#allInFlight,
      heldBack: this.heldBack.waiting,
      unanswered: refused + failed + timedOut,
      servedTokens: this.#servedTokens,
      p50Ms: medianMs(latency),
      isP50Rough: !hasEnoughSamples(latency.count, 50),
      p95Ms: latency.percentileMs(95),
      trend: this.#trend.trend,
    };
  }

  /** Everything recorded so far. @param loopDelay how late the event loop was in that time */
  part(loopDelay: LatencyHistogram): Omit<RunPart, 'extendedUs' | 'samplesFailure' | 'rejection'> {
    const { refused, failed, timed_out: timedOut } = this.#unanswered;
    return {
      completed: this.#completed,
      refused,
      failed,
      timedOut,
      reconnects: this.#reconnects,
      warmup: this.#warmup,
      errors: Object.fromEntries(this.#errors),
      good: this.#good,
      servedRequests: this.#servedRequests,
      servedTokens: this.#servedTokens,
      outputTokens: this.#outputTokens,
      inputTokens: this.#inputTokens,
      tokenSources: { usage: this.#tokenSources.usage, chunks: this.#tokenSources.chunks },
      queueWaitSource: this.#queueWaitSource,
      answers: this.#answers.counts,
      executors: this.#executors.counts,
      contentEncoding: this.#contentEncoding,
      span:
        this.#lastEndUs === -Infinity
          ? null
          : { beginUs: this.#beginUs, lastEndUs: this.#lastEndUs, lastIntendedUs: this.#lastIntendedUs },
      inFlightUs: this.#inFlightUs,
      heldBack: this.heldBack.counts,
      leavers: this.leavers.counts,
      probes: this.probes.counts,
      groups: this.#groups.groups,
      trend: this.#trend.trend,
      series: this.#series.series,
      histograms: this.#histograms,
      loopDelay,
    };
  }
}
