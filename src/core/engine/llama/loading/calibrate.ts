import type { Llama, LlamaContextSequence } from 'node-llama-cpp';
import type { Clock } from '../../../base/clock.js';
import { median } from '../../threads/median.js';
import type { Calibration } from '../../threads/thread-governor.js';
import { libraryTokens } from '../library/library.js';

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
 * How much longer a short round takes in a server if every core computes, and from when on a round is long: compute threads
 * spin while they wait for work, and everything between two rounds, including HTTP, has to wait for a core. This does not show
 * while nothing is served. Where rounds are as short as the time slices of the operating system, HTTP always needs a core, and
 * the thread that had it waits for its next slice; with long rounds, HTTP is idle in between, and gets a core at once.
 *
 * Measured on 2 cores with 2 threads: rounds of the bundled model, which take 0.7 to 4 ms, took 4 ms through HTTP on one
 * machine, 6 to 9 ms on others, and 10 to 50 ms on a busy one; rounds of SmolLM2-135M, which take 8 ms, took 8.3 ms.
 */
const crowdedMs = { short: 3, long: 0.5 };
const longRoundMs = 6;

/**
 * A decode reads all weights, at about 10 GB/s on one thread. From this size on, reading takes much longer than threads
 * wait for each other, so one thread cannot be faster, and measuring it would take too long.
 */
const largeModelBytes = 2 ** 30;

/** Numbers of threads to choose from while serving: all cores, half of them, a quarter and so on, down to one, in ascending order. */
export function allCandidates(cores: number): number[] {
  const candidates = [cores];
  for (let next = cores; next > 1; candidates.unshift(next)) next = Math.ceil(next / 2);
  return candidates;
}

/** The numbers that are measured at the start: all cores, half of them, and one. */
export function threadCandidates(cores: number, modelBytes: number): number[] {
  const candidates = [...(modelBytes < largeModelBytes ? [1] : []), Math.ceil(cores / 2), cores];
  return [...new Set(candidates)];
}

/**
 * Chooses the number of threads for one generation and for full slots, because the best number for one may be ten times
 * too slow for the other. Fewer threads win if they are nearly as fast.
 *
 * @param candidates numbers to choose from while serving, in ascending order
 * @param slots decodes in a round with full slots
 * @param allCores the number of threads that leaves no core for anything else
 */
export function calibrationOf(
  timings: readonly ThreadTiming[],
  candidates: readonly number[],
  slots: number,
  allCores: number,
): Calibration {
  const most = candidates.at(-1) ?? 1;
  const single = fastest(
    timings.map(({ threads, single: durations }) => ({ threads, durations })),
    allCores,
  );
  const full =
    fastest(
      timings.map(({ threads, full: durations }) => ({ threads, durations })),
      allCores,
    ) ?? single;
  return {
    candidates,
    best: (tokens) => (tokens * tokens <= slots ? single : full) ?? { threads: most, roundMs: null },
  };
}

type Best = ReturnType<Calibration['best']>;

/** @returns null if one of the candidates was not measured: it might be the best */
function fastest(
  measured: readonly { readonly threads: number; readonly durations: readonly number[] }[],
  allCores: number,
): Best | null {
  if (measured.length === 0 || measured.some(({ durations }) => durations.length === 0)) return null;
  const costs = measured.map(({ threads, durations }) => {
    const roundMs = median(durations);
    const extraMs = roundMs < longRoundMs ? crowdedMs.short : crowdedMs.long;
    return { threads, roundMs, cost: upperQuartile(durations) + (threads >= allCores ? extraMs : 0) };
  });
  const best = Math.min(...costs.map(({ cost }) => cost));
  const [first = null] = costs.filter(({ cost }) => cost <= best * tolerance).sort((a, b) => a.threads - b.threads);
  return first === null ? null : { threads: first.threads, roundMs: first.roundMs };
}

/** The value above which less than a quarter of them are; of up to four, the highest. */
function upperQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.75)] ?? Infinity;
}

/**
 * Measures decoding with several numbers of threads on the context that will serve, and leaves it empty.
 *
 * This needs no second context, and so no second KV cache: the context requests all cores, and the public `maxThreads`
 * of the library limits what it gets, from the next decode on.
 *
 * The candidates are interleaved, so that other programs slow down all of them equally, and upper quartiles are compared,
 * not minima or medians: on a busy machine, threads that wait for each other at every layer are sometimes as fast as if they
 * were alone, and often much slower (measured: two threads on two busy cores, 22 to 3100 ms a round, one thread 17 to 26 ms).
 *
 * The result is a starting point, because the machine may have been busy, or quiet. `ThreadGovernor` continues while
 * the model serves.
 *
 * @param candidates in ascending order
 * @param allCores the number of threads that leaves no core for anything else
 */
export async function calibrateThreads(
  llama: Llama,
  sequences: readonly LlamaContextSequence[],
  candidates: readonly number[],
  { clock, allCores }: { readonly clock: Clock; readonly allCores: number },
): Promise<Calibration> {
  const timings: ThreadTiming[] = candidates.map((threads) => ({ threads, single: [], full: [] }));
  if (candidates.length > 1) await measure(llama, sequences, timings, clock);
  return calibrationOf(timings, allCandidates(Math.max(...candidates)), sequences.length, allCores);
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
