import { availableParallelism } from 'node:os';
import type { Llama, LlamaContextSequence } from 'node-llama-cpp';
import type { Clock } from '../../base/clock.js';
import { libraryTokens } from './library.js';

/** Durations of rounds with a number of threads, in milliseconds. */
export interface ThreadTiming {
  readonly threads: number;
  /** Rounds of one generation. */
  readonly single: number[];
  /** Rounds with a generation in every slot. */
  readonly full: number[];
}

/** Time for all measurements, after the model is warm. */
const budgetMs = 1000;
const mostSamples = 24;

/** Fewer threads win even if they are slower by this factor, because they leave room for the HTTP process. */
const tolerance = 1.05;

/**
 * How much longer a round takes in a server if every core computes: compute threads spin while they wait for work, and
 * everything between two rounds, including HTTP, has to wait for a core. This does not show while nothing is served.
 * Measured on 2 cores with 2 threads and the bundled model, whose rounds take 0.7 ms with one generation and 3.7 ms with
 * eight: through HTTP they took 1.4 and 9.3 ms, and 10 to 50 ms with one generation on a busy machine.
 */
const crowdedMs = 3;

/**
 * A decode reads all weights, at about 10 GB/s on one thread. From this size on, reading takes much longer than threads
 * wait for each other, so one thread cannot be faster, and measuring it would take too long.
 */
const largeModelBytes = 2 ** 30;

/** All cores, half of them, and one. */
export function threadCandidates(cores: number, modelBytes: number): number[] {
  const candidates = [cores, Math.ceil(cores / 2), ...(modelBytes < largeModelBytes ? [1] : [])];
  return [...new Set(candidates)];
}

/**
 * Chooses the number of threads with the best geometric mean of two median round times, with one generation and with all
 * slots full: a server may be idle or busy, and neither counts more. Both are needed because they differ: a model of 6.6 MB
 * (width 256, 4 layers, f16) is ten times as fast on one thread with one generation, and as fast on two with eight.
 *
 * @param allCores the number of threads that leaves no core for anything else
 * @returns null without measurements; if not every candidate was measured with full slots, one generation decides
 */
export function chooseThreads(timings: readonly ThreadTiming[], allCores: number): number | null {
  const measured = timings.filter(({ single }) => single.length > 0);
  const allFull = measured.every(({ full }) => full.length > 0);
  const costs = measured.map(({ threads, single, full }) => {
    const waitMs = threads >= allCores ? crowdedMs : 0;
    const singleMs = median(single) + waitMs;
    return { threads, cost: allFull ? Math.sqrt(singleMs * (median(full) + waitMs)) : singleMs };
  });
  const best = Math.min(...costs.map(({ cost }) => cost));
  const goodEnough = costs.filter(({ cost }) => cost <= best * tolerance).map(({ threads }) => threads);
  return goodEnough.length === 0 ? null : Math.min(...goodEnough);
}

/**
 * Measures decoding with several numbers of threads on the context that will serve, and leaves it empty.
 *
 * This needs no second context, and so no second KV cache: the context asks for all cores, and the public `maxThreads` of
 * the library limits what it gets, from the next decode on.
 *
 * The candidates are interleaved, so that other programs slow down all of them alike, and medians are compared, not
 * minima: on a busy machine, threads that wait for each other at every layer are sometimes 30 times slower than they can
 * be (measured: two threads on two busy cores, 5 to 240 ms a round).
 *
 * @returns the number of threads, now set on `llama`
 */
export async function calibrateThreads(
  llama: Llama,
  sequences: readonly LlamaContextSequence[],
  candidates: readonly number[],
  clock: Clock,
): Promise<number> {
  const timings: ThreadTiming[] = candidates.map((threads) => ({ threads, single: [], full: [] }));
  if (candidates.length > 1) await measure(llama, sequences, timings, clock);
  const threads = chooseThreads(timings, availableParallelism()) ?? Math.max(...candidates);
  llama.maxThreads = threads;
  return threads;
}

async function measure(
  llama: Llama,
  sequences: readonly LlamaContextSequence[],
  timings: readonly ThreadTiming[],
  clock: Clock,
): Promise<void> {
  const generators = sequences.map((sequence) =>
    sequence.evaluateWithMetadata(libraryTokens([0]), {}, { temperature: 0, topK: 1, seed: 0, yieldEogToken: true }),
  );
  const timeRound = async (generations: number): Promise<number> => {
    const startedAt = clock.now();
    await Promise.all(generators.slice(0, generations).map((generator) => generator.next()));
    return clock.now() - startedAt;
  };

  try {
    // The very first decode may have to read the weights from the disk.
    llama.maxThreads = Math.max(...timings.map(({ threads }) => threads));
    await timeRound(generators.length);
    const deadline = clock.now() + budgetMs;
    for (let sample = 0; sample < mostSamples; sample++) {
      for (const generations of new Set([1, generators.length])) {
        for (const { threads, single, full } of timings) {
          if (clock.now() >= deadline || isNearlyFull(sequences)) return;
          llama.maxThreads = threads;
          const roundMs = await timeRound(generations);
          if (generations === 1) single.push(roundMs);
          if (generations === generators.length) full.push(roundMs);
        }
      }
    }
  } finally {
    await Promise.all(generators.map((generator) => generator.return()));
    for (const sequence of sequences) await sequence.clearHistory();
  }
}

/** Looks at the first sequence, which takes part in every round. */
function isNearlyFull([first]: readonly LlamaContextSequence[]): boolean {
  return first === undefined || first.nextTokenIndex + 2 >= first.contextSize;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Infinity;
}
