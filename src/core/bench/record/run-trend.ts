import type { MetricName } from '../../measurement/metric-names.js';
import type { Objective } from '../../measurement/settings/objectives.js';
import type { CompletedRequest } from '../client/outcome.js';
import { gapsOf } from './answers/burst.js';
import type { RequestMetrics } from './answers/request-metrics.js';

/** What happened in a piece of time. Requests belong to the piece in which they should have been sent. */
export interface TrendBin {
  sent: number;
  firstTokens: number;
  /** Sum of the times to first token, or, for answers that arrived as a whole, of the end-to-end latencies. */
  ttftUs: number;
  /** Sum of the times from the first tokens to the last ones; 0 for answers that arrived as a whole. */
  streamUs: number;
  /**
   * Requests in flight or held back, including those of the warm-up, integrated over the piece, in
   * request-microseconds.
   */
  inFlightUs: number;
  /** Per objective: how many requests could be judged by it, and how many of them missed its limit. */
  readonly judged: number[];
  readonly missed: number[];
}

/** A run over time, from the end of the warm-up on. */
export interface RunTrend {
  readonly binUs: number;
  readonly bins: readonly TrendBin[];
}

/** Bins of several runs or workers can be combined if each is as long as another, or twice as long. */
const shortestBinUs = 100_000;

const mostBins = 64;

/**
 * Records how a run develops, in pieces of time that become longer with the run: its memory does not depend on the
 * length of the run.
 */
export class TrendRecorder {
  readonly #objectives: readonly Objective[];
  readonly #beginUs: number;
  #binUs = shortestBinUs;
  #bins: TrendBin[] = [];

  /**
   * @param objectives whose misses are counted
   * @param beginUs end of the warm-up
   */
  constructor(objectives: readonly Objective[], beginUs: number) {
    this.#objectives = objectives;
    this.#beginUs = beginUs;
  }

  sent(intendedUs: number): void {
    this.#binAt(intendedUs).sent += 1;
  }

  /** @param heldUs how long it was held back before it was sent, which also counts as waiting */
  answered(request: CompletedRequest, metrics: RequestMetrics, heldUs = 0): void {
    const bin = this.#binAt(request.intendedUs);
    bin.firstTokens += 1;
    bin.ttftUs += (metrics.ttft ?? metrics.e2e ?? 0) + heldUs;
    bin.streamUs += metrics.ttft === null ? 0 : (metrics.e2e ?? metrics.ttft) - metrics.ttft;
    for (const [index, { metric, belowMs }] of this.#objectives.entries()) {
      for (const us of valuesOf(metric, request, metrics)) {
        bin.judged[index] = (bin.judged[index] ?? 0) + 1;
        if (us >= belowMs * 1000) bin.missed[index] = (bin.missed[index] ?? 0) + 1;
      }
    }
  }

  /** A request without an answer misses every objective. */
  unanswered(intendedUs: number): void {
    const bin = this.#binAt(intendedUs);
    for (const index of this.#objectives.keys()) {
      bin.judged[index] = (bin.judged[index] ?? 0) + 1;
      bin.missed[index] = (bin.missed[index] ?? 0) + 1;
    }
  }

  inFlight(nowUs: number, requests: number, elapsedUs: number): void {
    this.#binAt(nowUs).inFlightUs += requests * elapsedUs;
  }

  get trend(): RunTrend {
    return { binUs: this.#binUs, bins: this.#bins };
  }

  #binAt(atUs: number): TrendBin {
    const sinceUs = Math.max(0, atUs - this.#beginUs);
    while (sinceUs >= this.#binUs * mostBins) {
      this.#binUs *= 2;
      this.#bins = pairs(this.#bins);
    }
    const index = Math.floor(sinceUs / this.#binUs);
    while (this.#bins.length <= index) this.#bins.push(emptyBin(this.#objectives.length));
    const bin = this.#bins[index];
    if (bin === undefined) throw new Error('a bin is missing');
    return bin;
  }
}

/** The trends of several workers together, which began at the same moment. */
export function mergedTrend(trends: readonly RunTrend[]): RunTrend {
  const binUs = Math.max(shortestBinUs, ...trends.map((trend) => trend.binUs));
  const widened = trends.map((trend) => {
    let { bins } = trend;
    for (let width = trend.binUs; width < binUs; width *= 2) bins = pairs(bins);
    return bins;
  });
  const length = Math.max(0, ...widened.map((bins) => bins.length));
  return { binUs, bins: Array.from({ length }, (_, index) => together(widened.flatMap((bins) => bins[index] ?? []))) };
}

function valuesOf(metric: MetricName, request: CompletedRequest, metrics: RequestMetrics): readonly number[] {
  if (metric === 'chunk_gap') return gapsOf(request);
  const us = metrics[metric];
  return us === null ? [] : [us];
}

function emptyBin(objectives: number): TrendBin {
  const zeros = (): number[] => Array.from({ length: objectives }, () => 0);
  return { sent: 0, firstTokens: 0, ttftUs: 0, streamUs: 0, inFlightUs: 0, judged: zeros(), missed: zeros() };
}

function pairs(bins: readonly TrendBin[]): TrendBin[] {
  return Array.from({ length: Math.ceil(bins.length / 2) }, (_, index) =>
    together(bins.slice(index * 2, index * 2 + 2)),
  );
}

function together(bins: readonly TrendBin[]): TrendBin {
  const sum = emptyBin(bins[0]?.judged.length ?? 0);
  for (const bin of bins) {
    sum.sent += bin.sent;
    sum.firstTokens += bin.firstTokens;
    sum.ttftUs += bin.ttftUs;
    sum.streamUs += bin.streamUs;
    sum.inFlightUs += bin.inFlightUs;
    for (const index of sum.judged.keys()) {
      sum.judged[index] = (sum.judged[index] ?? 0) + (bin.judged[index] ?? 0);
      sum.missed[index] = (sum.missed[index] ?? 0) + (bin.missed[index] ?? 0);
    }
  }
  return sum;
}
