import { percentiles } from '../measurement/metric-names.js';
import { type Measured, type Measurement, measureStep, nothingMeasured, type StepHooks } from './measure-step.js';
import type { FindMaxOptions } from './plan/options.js';
import { searchArrivalSeed, searchedSetting } from './plan/searched.js';
import type { SearchOutcome } from './search/conclude.js';
import type { SearchedObjective } from './search/evidence.js';
import { longestLookMs, lookLength, mostLooks } from './search/look-length.js';
import type { SearchSpec } from './search/next-step.js';
import { SearchCourse } from './search/search-course.js';
import { isOfLoadGenerator, lookOf } from './search-look.js';
import { timeLimit } from './time-limit.js';

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
  const shortest = { durationMs: options.durationMs ?? 0, warmupMs: options.warmupMs };
  const longestMs = longestLookMs(shortest.durationMs);
  const measured = nothingMeasured();
  const side = { server: 'candidate', target, load: generator, results: measured.runs } as const;
  const spec = specOf(search, queue);
  const course = new SearchCourse(spec);
  const [base] = settings;
  const isLate = timeLimit(options.maxDurationMs);
  for (let number = 0; base !== undefined && measured.endedEarly === null; number += 1) {
    const asked = course.next();
    if (asked === null || isLate()) break;
    const { load, look, trial, isRepeated } = asked;
    const setting = searchedSetting(base, search, load);
    const length = lookLength(shortest, { look, rate: setting.rate, objectives: spec.objectives });
    const finished = await measureStep(
      { ...measurement, options: { ...options, ...length, extension: null } },
      { setting, trial, number, side, arrivalSeed: searchArrivalSeed(options.seed, trial, load) },
      { run: number + 1, runs: null, server: null },
      measured,
      hooks,
    );
    if (finished === null) break;
    const seen = lookOf(finished, { load, search, ranMs: length.warmupMs + length.durationMs, longestMs });
    const isLateFine = search.by === 'rate' && !isRepeated;
    if (isOfLoadGenerator(finished, seen, spec.objectives, isLateFine)) {
      finished.run.discarded = true;
      course.discard(load);
    } else course.add(seen);
  }
  return { measured, outcome: course.conclude() };
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
    mostLooks,
  };
}

function objectiveOf({ text, percentile }: FindMaxOptions['objectives'][number]): SearchedObjective {
  return { text, allowedShare: percentile === null ? 0 : 1 - percentiles[percentile] / 100 };
}
