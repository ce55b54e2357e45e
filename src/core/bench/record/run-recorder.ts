import { hasEnoughSamples, LatencyHistogram } from '../../measurement/latency/histogram.js';
import { medianMs } from '../../measurement/latency/median.js';
import { metricNames, perMetric } from '../../measurement/metric-names.js';
import type { Objective } from '../../measurement/settings/objectives.js';
import type { CompletedRequest, RequestOutcome } from '../client/outcome.js';
import type { Rejection } from '../client/rejection.js';
import { gapsOf } from './answers/burst.js';
import { isMet, metricsOf, type RequestMetrics } from './answers/request-metrics.js';
import { servedSince } from './answers/served-since.js';
import { StageTimes } from './answers/stage-times.js';
import { CompletedCounter } from './completed-counter.js';
import { AnswerCounter } from './counters/answer-counts.js';
import { ExecutorCounter } from './counters/executors.js';
import { stageGroup } from './counters/group-names.js';
import { GroupRecorder } from './counters/groups.js';
import { HeldBack } from './counters/held-back.js';
import { InFlight } from './counters/in-flight.js';
import { LeaverCounter } from './counters/leaver-counter.js';
import { ProbeCounter } from './counters/probe-counter.js';
import type { RunPart } from './run-part.js';
import { SeriesRecorder } from './run-series.js';
import { type RunTrend, TrendRecorder } from './run-trend.js';
import { UnansweredCounter } from './unanswered-counter.js';

/** The figures of a run so far. */
export interface RunSnapshot {
  readonly completed: number;
  /** Requests that were sent during the warm-up, which do not count. */
  readonly warmup: number;
  /** Including those of the warm-up. */
  readonly inFlight: number;
  /** Due, but not sent yet because of `--max-in-flight`, including those of the warm-up. */
  readonly heldBack: number;
  /** Refused, failed and timed out. */
  readonly unanswered: number;
  /** Tokens that arrived since the end of the warm-up, for completed requests. */
  readonly servedTokens: number;
  /** The latency that the report shows first (docs/metrics.md); null with too few samples, as in the report. */
  readonly p50Ms: number | null;
  /** Whether the report would mark it as one of few requests. */
  readonly isP50Rough: boolean;
  readonly p95Ms: number | null;
  readonly trend: RunTrend;
  /** Why the first requests were all rejected; null if they were not, or if that is not known yet. */
  readonly rejection: Rejection | null;
}

/** What a recorder is told about a run besides its requests. */
interface RecorderOptions {
  /** Objectives whose misses are counted over time; by default none. */
  readonly trackedObjectives?: readonly Objective[];
  /** How long the stages of a rate that changes take, in milliseconds; by default, it stays the same. */
  readonly stagesMs?: readonly number[];
  /** The latency of the snapshots; whole answers have no TTFT, and show the end-to-end latency. By default `ttft`. */
  readonly headline?: 'ttft' | 'ttft_from_schedule';
}

/** What is known about a request besides its outcome. */
interface RequestContext {
  /** How long it had been held back, in microseconds. */
  readonly heldUs?: number;
  /** The groups of requests to which it belongs. */
  readonly groups?: readonly string[];
}

/** Turns outcomes into histograms and counts. Its memory does not depend on how many requests there are. */
export class RunRecorder {
  /** Requests that wait because the limit on requests in flight is reached. */
  readonly heldBack = new HeldBack();
  /** What no other figure contains. */
  readonly leavers = new LeaverCounter();
  readonly probes = new ProbeCounter();
  readonly #headline: 'ttft' | 'ttft_from_schedule';
  readonly #objectives: readonly Objective[];
  readonly #beginUs: number;
  readonly #histograms = perMetric(() => new LatencyHistogram());
  readonly #completed = new CompletedCounter();
  readonly #unanswered = new UnansweredCounter();
  readonly #executors = new ExecutorCounter();
  readonly #answers = new AnswerCounter();
  readonly #groups = new GroupRecorder();
  readonly #inFlight: InFlight;
  readonly #trend: TrendRecorder;
  readonly #series: SeriesRecorder;
  readonly #stages: StageTimes;
  #warmup = 0;
  #reconnects = 0;
  #lastEndUs = -Infinity;
  #lastIntendedUs = -Infinity;
  #servedRequests = 0;
  #servedTokens = 0;

  /**
   * @param objectives that a single request can meet or miss
   * @param beginUs end of the warm-up
   */
  constructor(
    objectives: readonly Objective[],
    beginUs: number,
    { trackedObjectives = [], stagesMs = [], headline = 'ttft' }: RecorderOptions = {},
  ) {
    this.#headline = headline;
    this.#objectives = objectives;
    this.#beginUs = beginUs;
    this.#inFlight = new InFlight(beginUs);
    this.#trend = new TrendRecorder(trackedObjectives, beginUs);
    this.#series = new SeriesRecorder(beginUs);
    this.#stages = new StageTimes(beginUs, stagesMs);
  }

  /** A request of the warm-up is about to be sent. */
  beginWarmup(): void {
    this.#warmup += 1;
    this.#inFlight.beginWarmup();
  }

  /** It ended. Only the server's work after the beginning of the measurement is recorded. */
  endWarmup(outcome: RequestOutcome, groups: readonly string[] = []): void {
    this.#inFlight.endWarmup();
    if (outcome.status === 'completed') this.#served(outcome, groups);
  }

  /** The same for a request whose client was to leave. */
  endLeaver(outcome: RequestOutcome, groups: readonly string[] = []): void {
    this.leavers.end(outcome);
    if (outcome.status === 'completed') this.#served(outcome, groups);
  }

  /** A request that counts is about to be sent. */
  begin(intendedUs: number): void {
    this.#inFlight.begin();
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
    // A request that the bench itself ended says nothing about the server.
    if (outcome.status === 'aborted' || outcome.status === 'cancelled') {
      this.#inFlight.end(outcome.endUs - outcome.sendUs);
      return null;
    }
    this.#reconnects += outcome.reconnects;
    this.#lastEndUs = Math.max(this.#lastEndUs, outcome.endUs);
    if (outcome.status === 'completed') {
      const metrics = this.#answered(outcome, heldUs, groups);
      for (const group of this.#groupsOf(outcome, groups)) this.#groups.answered(group, outcome, metrics);
      return metrics;
    }
    // Little's law is checked for answered requests: only they have an end-to-end latency.
    this.#inFlight.end(outcome.endUs - outcome.sendUs);
    for (const group of this.#groupsOf(outcome, groups)) this.#groups.unanswered(group);
    this.#trend.unanswered(outcome.intendedUs);
    this.#series.ended(outcome, null);
    this.#unanswered.add(outcome.status, outcome);
    return null;
  }

  #answered(request: CompletedRequest, heldUs: number, groups: readonly string[]): RequestMetrics {
    const metrics = metricsOf(request);
    // End-to-end latency ends with the last text, however long the response stays open.
    this.#inFlight.end(request.endUs - request.lastTokenUs);
    const isGood = this.#objectives.every((objective) => isMet(objective, metrics, request));
    this.#completed.add(request, isGood);
    this.#answers.add(request);
    this.#executors.add(request);
    this.#trend.answered(request, metrics, heldUs);
    this.#series.ended(request, metrics);
    this.heldBack.answered(heldUs);
    this.#served(request, groups);
    for (const name of metricNames) {
      if (name === 'chunk_gap') for (const gap of gapsOf(request)) this.#histograms.chunk_gap.record(gap);
      else {
        const value = metrics[name];
        if (value !== null) this.#histograms[name].record(value);
      }
    }
    return metrics;
  }

  /**
   * Adds to the work that the server has done since the measurement began. Requests of the warm-up are part of it:
   * while they are still being answered, counted requests wait behind them, and the server is not idle.
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

  /** The groups of a request, and the stage in which it should have been sent. */
  #groupsOf({ intendedUs }: RequestOutcome, groups: readonly string[]): readonly string[] {
    return this.#stages.areThere ? [...groups, stageGroup(this.#stages.at(intendedUs))] : groups;
  }

  /** Samples the number of requests in flight. */
  countInFlight(nowUs: number): void {
    const elapsedUs = this.#inFlight.sample(nowUs);
    if (elapsedUs === null) return;
    this.#trend.inFlight(nowUs, this.#allInFlight + this.heldBack.waiting, elapsedUs);
    this.#series.inFlight(nowUs, this.#allInFlight, elapsedUs);
  }

  /** Including those of the warm-up, and those whose clients are to leave. */
  get #allInFlight(): number {
    return this.#inFlight.all + this.leavers.inFlight;
  }

  get snapshot(): Omit<RunSnapshot, 'rejection'> {
    const { [this.#headline]: headline, e2e } = this.#histograms;
    const latency = headline.count === 0 ? e2e : headline;
    return {
      completed: this.#completed.requests,
      warmup: this.#warmup,
      inFlight: this.#allInFlight,
      heldBack: this.heldBack.waiting,
      unanswered: this.#unanswered.all,
      servedTokens: this.#servedTokens,
      p50Ms: medianMs(latency),
      isP50Rough: !hasEnoughSamples(latency.count, 50),
      p95Ms: latency.percentileMs(95),
      trend: this.#trend.trend,
    };
  }

  /** Everything recorded so far. @param loopDelay how late the event loop was in that time */
  part(loopDelay: LatencyHistogram): Omit<RunPart, 'extendedUs' | 'samplesFailure' | 'rejection'> {
    return {
      ...this.#completed.counts,
      ...this.#unanswered.counts,
      reconnects: this.#reconnects,
      warmup: this.#warmup,
      servedRequests: this.#servedRequests,
      servedTokens: this.#servedTokens,
      answers: this.#answers.counts,
      executors: this.#executors.counts,
      span:
        this.#lastEndUs === -Infinity
          ? null
          : { beginUs: this.#beginUs, lastEndUs: this.#lastEndUs, lastIntendedUs: this.#lastIntendedUs },
      inFlightUs: this.#inFlight.integralUs,
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
