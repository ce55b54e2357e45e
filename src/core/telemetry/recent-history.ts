import type { CancelTimer, Clock } from '../base/clock.js';
import type { ServingEngine } from '../engine/engine.js';
import type { QueueSnapshot } from '../inference/queue/queue-snapshot.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import { hasPace, type Timings } from '../inference/request.js';
import type { MeteredMachine, Resources } from '../machine/machine.js';
import { Durations } from './durations.js';
import { onEngineRestart } from './engine-restarts.js';
import type { CountedOutcome, TokenTotals, Totals } from './totals.js';

export const historyIntervalMs = 5000;

/** A quarter of an hour. */
const mostSamples = 180;

type Percentiles = ReturnType<Durations['take']>;

/** What happened in one interval. Durations in milliseconds. */
export interface HistorySample {
  /** The end of the interval: Unix time in milliseconds. */
  readonly atMs: number;
  /** At the end of the interval, as is what waits. */
  readonly running: number;
  readonly waiting: number;
  /** Requests that ended, by outcome. */
  readonly outcomes: Readonly<Record<CountedOutcome, number>>;
  /** Prompt tokens are those of requests that ended; output tokens are those that were generated. */
  readonly tokens: TokenTotals;
  readonly ttft: Percentiles;
  readonly queueWait: Percentiles;
  /**
   * The durations of rounds, each as often as there were generations in it. Without engines of its own, those of the answers
   * that were completed: decode time / (output tokens − 1), each as often as it had such gaps.
   */
  readonly interToken: Percentiles;
  readonly engineRestarts: number;
  readonly resources: Resources;
}

type HistoryLine = Pick<RequestLine, 'events' | 'running' | 'waiting'> & {
  snapshot(most: number): Pick<QueueSnapshot, 'runningOutputTokens'>;
};

export interface HistorySources {
  readonly line: HistoryLine;
  /** None where other servers generate. */
  readonly engines: readonly ServingEngine[];
  readonly totals: Totals;
  readonly machine: MeteredMachine;
  readonly clock: Clock;
}

/**
 * Keeps the last quarter of an hour in intervals of five seconds, so that a page that was just opened has something to show.
 * It takes a constant amount of memory, a few hundred kilobytes, and a third of a millisecond per interval.
 */
export class RecentHistory {
  readonly #sources: HistorySources;
  readonly #samples: HistorySample[] = [];
  readonly #ttft = new Durations();
  readonly #queueWait = new Durations();
  readonly #interToken = new Durations();
  #restarts = 0;
  #device = '';
  #counted: Counts;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(sources: HistorySources) {
    this.#sources = sources;
    const { line, engines } = sources;
    this.#counted = this.#count();
    line.events((event) => {
      if (event.type === 'started') this.#queueWait.record(event.queueMs);
      if (event.type === 'first_token') this.#ttft.record(event.sinceArrivalMs);
      // Only other servers know what they do in a round.
      if (engines.length === 0 && event.type === 'settled' && event.outcome === 'completed')
        this.#recordGaps(event.timings);
    });
    for (const engine of engines) {
      engine.rounds(({ durationMs, batchSize }) => {
        if (batchSize > 0) this.#interToken.record(durationMs, batchSize);
      });
      onEngineRestart(engine, () => {
        this.#restarts += 1;
      });
      engine.states((state) => {
        if (state.status === 'ready') this.#device = state.info.device;
      });
    }
    // Shares of the processors are those since the reading before.
    void this.#readMachine();
    this.#schedule();
  }

  /** The oldest first. */
  get samples(): readonly HistorySample[] {
    return this.#samples;
  }

  stop(): void {
    this.#cancelTimer();
  }

  #recordGaps(timings: Timings): void {
    const gaps = timings.outputTokens - 1;
    if (hasPace(timings)) this.#interToken.record(timings.decodeMs / gaps, gaps);
  }

  #schedule(): void {
    this.#cancelTimer = this.#sources.clock.schedule(historyIntervalMs, () => {
      this.#schedule();
      void this.#sample();
    });
  }

  /** Everything is counted before the machine is asked, which takes a moment. */
  async #sample(): Promise<void> {
    const { line } = this.#sources;
    const before = this.#counted;
    const now = this.#count();
    this.#counted = now;
    const counts = {
      atMs: Date.now(),
      running: line.running,
      waiting: line.waiting,
      ...difference(now, before),
      ttft: this.#ttft.take(),
      queueWait: this.#queueWait.take(),
      interToken: this.#interToken.take(),
      engineRestarts: this.#restarts,
    };
    this.#restarts = 0;
    const resources = await this.#readMachine();
    if (this.#samples.length >= mostSamples) this.#samples.shift();
    this.#samples.push({ ...counts, resources });
  }

  #count(): Counts {
    const { line, totals } = this.#sources;
    const output = totals.tokens.output + line.snapshot(0).runningOutputTokens;
    return { outcomes: { ...totals.counts }, tokens: { ...totals.tokens, output } };
  }

  /** GPUs are only of interest while one is at work. */
  #readMachine(): Promise<Resources> {
    return this.#sources.machine.read(/^(CUDA|Vulkan)\b/.test(this.#device));
  }
}

type Counts = Pick<HistorySample, 'outcomes' | 'tokens'>;

function difference({ outcomes: to, tokens }: Counts, { outcomes: from, tokens: before }: Counts): Counts {
  return {
    outcomes: {
      completed: to.completed - from.completed,
      cancelled: to.cancelled - from.cancelled,
      refused: to.refused - from.refused,
      timed_out: to.timed_out - from.timed_out,
      failed: to.failed - from.failed,
    },
    tokens: {
      prompt: tokens.prompt - before.prompt,
      cached: tokens.cached - before.cached,
      output: tokens.output - before.output,
    },
  };
}
