import { plural } from '../measurement/numbers.js';
import { Duet } from './duet.js';
import {
  endWith,
  type Measured,
  type Measurement,
  measureStep,
  nothingMeasured,
  type StepHooks,
} from './measure-step.js';
import { candidateFirst } from './plan/interleaving.js';
import { extensionPlanned, type Step } from './planned-job.js';
import type { RunPlace } from './run/progress.js';
import { timeLimit } from './time-limit.js';

export interface TrialHooks extends StepHooks {
  /** Asked after each trial, from the minimum number on, whether the measurements are enough. */
  readonly isEnough: (measured: Pick<Measured, 'runs' | 'versusRuns'>) => boolean;
}

/**
 * Measures trial after trial, until all are measured, or, from the minimum number on, until they are enough. An error
 * after the first run ends it early, but does not lose what was measured.
 *
 * @throws ChatstreamError the error of the first run
 */
export async function measureAll(measurement: Measurement, hooks: TrialHooks): Promise<Measured> {
  const { trials, leastTrials, maxDurationMs } = measurement.options;
  const measured = nothingMeasured();
  const isLate = timeLimit(maxDurationMs);
  for (let trial = 1; trial <= trials; trial += 1) {
    if (isLate()) {
      if (trial <= leastTrials) {
        const message = `--max-duration was reached after ${plural(trial - 1, 'trial')}.`;
        measured.endedEarly = { cause: 'stopped', server: null, message };
      }
      return measured;
    }
    await measureTrial(measurement, trial, measured, hooks);
    if (measured.endedEarly !== null) return measured;
    if (trial >= leastTrials && trial < trials && hooks.isEnough(measured)) return measured;
  }
  return measured;
}

/** Every setting once; with two servers alternately or at the same time, so that drift affects both alike. */
async function measureTrial(
  measurement: Measurement,
  trial: number,
  measured: Measured,
  hooks: TrialHooks,
): Promise<void> {
  const { options, settings, target, versus, load, beside } = measurement;
  const isDuet = beside !== null;
  const candidate = { server: 'candidate', target, load, results: measured.runs } as const;
  const baseline =
    versus === null
      ? []
      : [{ server: 'baseline', target: versus, load: beside ?? load, results: measured.versusRuns } as const];
  const sides = candidateFirst(trial) ? [candidate, ...baseline] : [...baseline, candidate];
  const rounds = isDuet ? [sides] : sides.map((side) => [side]);
  const runs = settings.length * rounds.length * options.trials;
  for (const [index, setting] of settings.entries()) {
    for (const round of rounds) {
      const run = measured.runs.length + (isDuet ? 0 : measured.versusRuns.length) + 1;
      const steps = round.map((side) => {
        const { url } = side.target.description;
        const server = versus === null ? null : { role: side.server, url, isDuet };
        const step = { setting, trial, side, number: (trial - 1) * settings.length + index };
        return { step, place: { run, runs, server } };
      });
      await measureTogether(measurement, steps, measured, hooks);
      if (measured.endedEarly !== null) return;
    }
  }
}

/** One step alone, or two at the same time. */
async function measureTogether(
  measurement: Measurement,
  steps: readonly { readonly step: Step; readonly place: RunPlace }[],
  measured: Measured,
  hooks: TrialHooks,
): Promise<void> {
  const duet = steps.length > 1 ? new Duet(extensionPlanned(measurement.options)) : null;
  const ends = await Promise.allSettled(
    steps.map(({ step, place }) => measureStep(measurement, step, place, measured, hooks, duet)),
  );
  for (const [index, end] of ends.entries()) {
    if (end.status === 'rejected') endWith(end.reason, steps[index]?.step.side.server ?? null, measured);
  }
}
