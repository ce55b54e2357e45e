import { microsNow } from '../base/micros.js';
import { percentiles } from '../measurement/metric-names.js';
import { type Measured, type Measurement, measureStep, nothingMeasured, type StepHooks } from './measure-step.js';
import type { FindMaxOptions } from './plan/options.js';
import { searchArrivalSeed, searchedSetting } from './plan/searched.js';
import type { MeasuredRun } from './run/measure-run.js';
import { conclude, type SearchOutcome } from './search/conclude.js';
import type { Look, SearchedObjective } from './search/evidence.js';
import { nextStep, type SearchSpec, stepBelow } from './search/next-step.js';
import { lookOf } from './search-look.js';

/**
 * How long each measurement at a load takes, in durations. Measurements become longer instead of more numerous, because
 * the beginning, when the queue is emptier than it will be, is a smaller part of a long one.
 */
const lookLengths = [1, 1, 2, 4, 8] as const;

/**
 * Requests in all measurements of a rate but the first: so many that this number of them may miss the tightest objective, and
 * never fewer than a p95 needs. With fewer, its share has no interval that says anything.
 */
const wanted = { misses: 3.75, least: 75 } as const;

/** The most by which they may lengthen a measurement. */
const longestForRequestsMs = 60_000;

/** After this many consecutive saturated measurements of a load, the load generator is considered unable to send it. */
const mostSaturated = 2;

/** The share of a measurement that is its warm-up, in which the queue reaches its usual length. */
const warmupShare = 0.25;

/** No plausible search goes beyond these loads. */
const extremes = {
  rate: { lowest: 0.01, highest: 100_000 },
  concurrency: { lowest: 1, highest: 10_000 },
  'max-concurrency': { lowest: 1, highest: 10_000 },
} as const;

/** The measurements of a search, and its result. */
export interface Searched {
  readonly measured: Measured;
  readonly outcome: SearchOutcome;
}

/**
 * Measures one load after the other, as the search asks for them, until it knows enough or its time is over. An error
 * after the first run ends it early, but does not lose what was measured.
 *
 * A measurement in which the load generator was saturated says nothing about the server. It is repeated once. If that
 * does not help, the load generator cannot send this load, and the search stays below it.
 *
 * @param queue of the server, if its max-concurrency can be set
 * @throws ChatstreamError the error of the first run
 */
export async function measureSearch(
  measurement: Measurement,
  search: FindMaxOptions,
  queue: { readonly slots: number } | null,
  hooks: StepHooks,
): Promise<Searched> {
  const { options, settings, target, load: generator } = measurement;
  const measured = nothingMeasured();
  const spec = specOf(search, queue);
  const looks: Look[] = [];
  const [base] = settings;
  const trials = new Map<number, number>();
  const saturated = new Map<number, number>();
  let ceiling = Infinity;
  let isEndedByClient = false;
  const beganUs = microsNow();
  for (let number = 0; base !== undefined; number += 1) {
    const asked = nextStep(spec, looks);
    const isLate = options.maxDurationMs !== null && microsNow() - beganUs >= options.maxDurationMs * 1000;
    if (asked.type === 'done' || isLate) break;
    const step = asked.load < ceiling ? asked : stepBelow(spec, looks, ceiling);
    if (step.type === 'done') {
      isEndedByClient = true;
      break;
    }
    const { load, look } = step;
    const trial = (trials.get(load) ?? 0) + 1;
    trials.set(load, trial);
    const setting = searchedSetting(base, search, load);
    const durationMs = lookMs(options.durationMs ?? 0, look, setting.rate, spec.objectives);
    const warmupMs = Math.max(options.warmupMs, durationMs * warmupShare);
    const finished = await measureStep(
      { ...measurement, options: { ...options, durationMs, warmupMs, extension: null } },
      {
        setting,
        trial,
        number,
        side: { server: 'candidate', target, load: generator, results: measured.runs },
        arrivalSeed: searchArrivalSeed(options.seed, trial, load),
      },
      { run: number + 1, runs: null, server: null },
      measured,
      hooks,
    );
    if (finished !== null) {
      const seen = lookOf(finished, {
        load,
        search,
        ranMs: warmupMs + durationMs,
        longestMs: longestMs(options.durationMs ?? 0),
      });
      const hasBeenFull = (saturated.get(load) ?? 0) > 0;
      const isClientFull = isOfClient(finished, seen, spec.objectives, search.by === 'rate' && !hasBeenFull);
      if (isClientFull) finished.run.discarded = true;
      else looks.push(seen);
      saturated.set(load, isClientFull ? (saturated.get(load) ?? 0) + 1 : 0);
    }
    if (measured.endedEarly !== null) break;
    if (saturated.get(load) !== mostSaturated) continue;
    if (looks.some((each) => each.load >= load)) {
      // It has sent this much before: the machine has become too busy to continue.
      isEndedByClient = true;
      break;
    }
    ceiling = load;
  }
  return { measured, outcome: conclude(spec, looks, isEndedByClient) };
}

function lookMs(
  durationMs: number,
  look: number,
  rate: number | null,
  objectives: readonly SearchedObjective[],
): number {
  const planned = durationMs * (lookLengths[look - 1] ?? 1);
  if (look === 1 || rate === null) return planned;
  const tightest = Math.min(...objectives.map(({ allowedShare }) => allowedShare));
  const requests = Math.max(wanted.least, wanted.misses / tightest);
  return Math.max(planned, Math.min(longestForRequestsMs, (requests / rate) * 1000));
}

/** How long a load takes at most, with its warm-up, unless its requests need more time. */
function longestMs(durationMs: number): number {
  return durationMs * Math.max(...lookLengths) * (1 + warmupShare);
}

function specOf(
  { objectives, by, precision, start }: FindMaxOptions,
  queue: { readonly slots: number } | null,
): SearchSpec {
  const { lowest, highest } = extremes[by];
  return {
    objectives: objectives.map(objectiveOf),
    start,
    lowest,
    highest: by === 'max-concurrency' ? (queue?.slots ?? highest) : highest,
    isWhole: by !== 'rate',
    isMonotonic: by !== 'max-concurrency',
    precision,
    mostLooks: lookLengths.length,
  };
}

function objectiveOf({ text, percentile }: FindMaxOptions['objectives'][number]): SearchedObjective {
  return { text, allowedShare: percentile === null ? 0 : 1 - percentiles[percentile] / 100 };
}

/**
 * Whether a measurement says more about the load generator than about the server: it was too busy, or sent requests late.
 *
 * @param isLateFine whether late requests that keep all objectives count for the server: at a rate, they are no lighter load, and
 *   where answers take a few milliseconds, a timer is late by as much. Not at a load at which some have missed an objective.
 */
function isOfClient(
  { run }: MeasuredRun,
  look: Look,
  objectives: readonly SearchedObjective[],
  isLateFine: boolean,
): boolean {
  const saturation = run.client.saturation ?? [];
  if (saturation.includes('cpu')) return true;
  if (!saturation.includes('late-sends')) return false;
  const isBroken = objectives.some((objective, index) => isMissed(objective, look.missed[index] ?? []));
  return !isLateFine || look.isOverloaded || isBroken;
}

function isMissed({ allowedShare }: SearchedObjective, pieces: Look['missed'][number]): boolean {
  const attempts = pieces.reduce((sum, piece) => sum + piece.attempts, 0);
  const misses = pieces.reduce((sum, piece) => sum + piece.successes, 0);
  return misses > allowedShare * attempts;
}
