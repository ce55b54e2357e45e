import { addCells, LatencySketch, type SketchCells } from '../../measurement/latency/latency-sketch.js';
import type { CompletedRequest, RequestOutcome } from '../client/outcome.js';
import { tokensAfter } from './answers/output-tokens.js';
import type { RequestMetrics } from './answers/request-metrics.js';

/** What happened in a piece of time, as plain data, which can be sent to another thread. */
interface SeriesBin {
  /** Requests that should have been sent in it. */
  readonly sent: number;
  /** Requests that ended in it; `failed` are those without an answer, including refused ones. */
  readonly completed: number;
  readonly failed: number;
  /** Output tokens that arrived in it, including those of the warm-up's requests. */
  readonly tokens: number;
  /** Requests in flight, including those of the warm-up, integrated over the piece, in request-microseconds. */
  readonly inFlightUs: number;
  /** For requests that should have been sent in it: TTFT from that moment on. */
  readonly ttft: SketchCells;
  readonly tpot: SketchCells;
  /** For answers that arrived as a whole: end-to-end latency from that moment on. */
  readonly e2e: SketchCells;
}

/** A run over time, from the end of the warm-up on. */
export interface RunSeries {
  readonly binUs: number;
  readonly bins: readonly SeriesBin[];
}

type Counts = Omit<SeriesBin, 'ttft' | 'tpot' | 'e2e'>;

interface OpenBin {
  readonly counts: { -readonly [Name in keyof Counts]: number };
  readonly ttft: LatencySketch;
  readonly tpot: LatencySketch;
  readonly e2e: LatencySketch;
}

/** Bins of several threads can be combined if each is as long as another, or twice as long. */
const shortestBinUs = 1_000_000;

/** Five minutes of seconds, ten of two seconds each, and so on. */
const mostBins = 300;

/**
 * Records a run over time, in bins that become longer with the run: its memory depends neither on the length of the run
 * nor on the number of requests.
 */
export class SeriesRecorder {
  readonly #beginUs: number;
  #binUs = shortestBinUs;
  #bins: OpenBin[] = [];

  /** @param beginUs end of the warm-up */
  constructor(beginUs: number) {
    this.#beginUs = beginUs;
  }

  sent(intendedUs: number): void {
    this.#binAt(intendedUs).counts.sent += 1;
  }

  /** @param metrics null for a request without an answer */
  ended(outcome: RequestOutcome, metrics: RequestMetrics | null): void {
    const { intendedUs, endUs } = outcome;
    const { counts } = this.#binAt(endUs);
    if (metrics === null) {
      counts.failed += 1;
      return;
    }
    counts.completed += 1;
    const bin = this.#binAt(intendedUs);
    if (metrics.ttft_from_schedule !== null) bin.ttft.record(metrics.ttft_from_schedule);
    if (metrics.tpot !== null) bin.tpot.record(metrics.tpot);
    if (outcome.status === 'completed' && outcome.isWhole === true) bin.e2e.record(outcome.lastTokenUs - intendedUs);
  }

  /**
   * Puts the tokens of an answer into the bins in which they arrived.
   *
   * @param before how many of its chunks arrived during the warm-up
   * @param tokens those of the others
   */
  tokens(before: number, tokens: number, request: CompletedRequest): void {
    const { firstTokenUs, gapsUs } = request;
    let atUs = firstTokenUs;
    for (let chunk = 0; chunk < before; chunk += 1) atUs += gapsUs[chunk] ?? 0;
    let left = tokens;
    // Tokens are looked up once per bin, not per chunk.
    for (let chunk = before; left > 0 && chunk < request.tokenChunks;) {
      const bin = this.#binAt(atUs);
      const endUs = this.#beginUs + (Math.floor((atUs - this.#beginUs) / this.#binUs) + 1) * this.#binUs;
      while (chunk < request.tokenChunks && atUs < endUs) {
        atUs += gapsUs[chunk] ?? 0;
        chunk += 1;
      }
      const after = chunk >= request.tokenChunks ? 0 : tokensAfter(chunk, request);
      bin.counts.tokens += left - after;
      left = after;
    }
  }

  inFlight(nowUs: number, requests: number, elapsedUs: number): void {
    this.#binAt(nowUs).counts.inFlightUs += requests * elapsedUs;
  }

  get series(): RunSeries {
    return {
      binUs: this.#binUs,
      bins: this.#bins.map(({ counts, ttft, tpot, e2e }) => ({
        ...counts,
        ttft: ttft.cells,
        tpot: tpot.cells,
        e2e: e2e.cells,
      })),
    };
  }

  #binAt(atUs: number): OpenBin {
    const sinceUs = Math.max(0, atUs - this.#beginUs);
    while (sinceUs >= this.#binUs * mostBins) {
      this.#binUs *= 2;
      this.#bins = inPairs(this.#bins);
    }
    const index = Math.floor(sinceUs / this.#binUs);
    while (this.#bins.length <= index) this.#bins.push(openBin());
    const bin = this.#bins[index];
    if (bin === undefined) throw new Error('a bin is missing');
    return bin;
  }
}

/**
 * The combined series of several threads that began at the same moment. Nothing is lost, because they only contain
 * counts.
 */
export function mergedSeries(all: readonly RunSeries[]): RunSeries {
  const binUs = Math.max(shortestBinUs, ...all.map((series) => series.binUs));
  const length = Math.max(0, ...all.map((series) => Math.ceil((series.bins.length * series.binUs) / binUs)));
  const bins = Array.from({ length }, (_, index) =>
    together(
      all.flatMap((series) => {
        const each = binUs / series.binUs;
        return series.bins.slice(index * each, (index + 1) * each);
      }),
    ),
  );
  return { binUs, bins };
}

function openBin(): OpenBin {
  return {
    counts: { sent: 0, completed: 0, failed: 0, tokens: 0, inFlightUs: 0 },
    ttft: new LatencySketch(),
    tpot: new LatencySketch(),
    e2e: new LatencySketch(),
  };
}

function inPairs(bins: readonly OpenBin[]): OpenBin[] {
  return Array.from({ length: Math.ceil(bins.length / 2) }, (_, index) => {
    const pair = openBin();
    for (const { counts, ttft, tpot, e2e } of bins.slice(index * 2, index * 2 + 2)) {
      for (const name of countNames) pair.counts[name] += counts[name];
      pair.ttft.absorb(ttft);
      pair.tpot.absorb(tpot);
      pair.e2e.absorb(e2e);
    }
    return pair;
  });
}

const countNames = ['sent', 'completed', 'failed', 'tokens', 'inFlightUs'] as const satisfies readonly (keyof Counts)[];

function together(bins: readonly SeriesBin[]): SeriesBin {
  const sum = (name: keyof Counts): number => bins.reduce((total, bin) => total + bin[name], 0);
  return {
    sent: sum('sent'),
    completed: sum('completed'),
    failed: sum('failed'),
    tokens: sum('tokens'),
    inFlightUs: sum('inFlightUs'),
    ttft: addCells(bins.map(({ ttft }) => ttft)),
    tpot: addCells(bins.map(({ tpot }) => tpot)),
    e2e: addCells(bins.map(({ e2e }) => e2e)),
  };
}
