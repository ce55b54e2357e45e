import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import type { EndedEarly, Run, Setting } from '../measurement/result-schema.js';
import { stoppedByUser } from '../measurement/validity/ended-early.js';
import type { Duet, Role } from './duet.js';
import type { LoadGenerator } from './load/load-generator.js';
import type { BenchOptions } from './plan/options.js';
import { plannedJob, type Prepared, type Step } from './planned-job.js';
import { type MeasuredRun, measureRun, type RunHooks } from './run/measure-run.js';
import type { RunPlace } from './run/progress.js';
import type { Target } from './target/target.js';

export interface StepHooks extends Omit<RunHooks, 'ready'> {
  /** Called with the result of each run, in the order of measurement. */
  readonly onRun: (run: Run, place: RunPlace) => void;
}

/** The measurements of both servers, and how they ended. */
export interface Measured {
  readonly runs: Run[];
  readonly versusRuns: Run[];
  /** What ended it early, if that was an error. */
  failure: ChatstreamError | null;
  endedEarly: EndedEarly | null;
  samplesFailure: ChatstreamError | null;
  /** Notes that a reader of the runs should know, as sentences. */
  readonly warnings: string[];
}

/** Before the first run. */
export function nothingMeasured(): Measured {
  return { runs: [], versusRuns: [], failure: null, endedEarly: null, samplesFailure: null, warnings: [] };
}

/** Everything that consecutive runs need. */
export interface Measurement {
  readonly options: BenchOptions;
  readonly prepared: Prepared;
  readonly settings: readonly Setting[];
  readonly target: Target;
  readonly versus: Target | null;
  readonly load: LoadGenerator;
  /** Sends to the second server at the same time; null: the two take turns, or there is only one. */
  readonly beside: LoadGenerator | null;
}

/**
 * Ends the measurement. Earlier measurements are kept.
 *
 * @param server the one that failed
 * @throws the error if nothing was measured
 */
export function endWith(error: unknown, server: Role | null, measured: Measured): void {
  if (measured.runs.length === 0) throw error;
  measured.failure ??= asChatstreamError(error);
  const { code, message } = measured.failure;
  measured.endedEarly ??= { cause: code === 'target_unreachable' ? 'target-lost' : 'failed', server, message };
}

/**
 * Measures one setting of one server once, and adds it to what was measured.
 *
 * @param duet the step's and the other server's; null: it is measured alone
 * @throws the error, if this is a duet or the first run
 */
export async function measureStep(
  { options, prepared }: Measurement,
  step: Step,
  place: RunPlace,
  measured: Measured,
  hooks: StepHooks,
  duet: Duet | null = null,
): Promise<MeasuredRun | null> {
  const { server, target, load, results } = step.side;
  try {
    const isStopped = hooks.signal.aborted;
    const planned = plannedJob(options, prepared, step);
    const job = duet === null ? planned : duet.joined(planned, server);
    const inRun = duet === null ? hooks : hooksInDuet(hooks, duet, server);
    const run = { planned: step, place, job, target, load, abortOn: options.abortOn };
    const finished = isStopped ? null : await measureRun(run, inRun);
    // The rest of it was measured alone.
    if (duet?.failed.aborted === true) return null;
    if (finished === null) {
      measured.endedEarly ??= stoppedByUser;
      return null;
    }
    results.push(finished.run);
    const changed = limitWarning(finished, place);
    if (changed !== null && !measured.warnings.includes(changed)) measured.warnings.push(changed);
    if (finished.samplesFailure !== null) {
      measured.samplesFailure ??= incompleteSamples(options, finished.samplesFailure);
    }
    hooks.onRun(finished.run, place);
    if (hooks.signal.aborted) measured.endedEarly ??= stoppedByUser;
    else if (finished.agentProblem !== null) {
      measured.failure = finished.agentProblem;
      measured.endedEarly = { cause: 'failed', server: null, message: finished.agentProblem.message };
    } else await checkStillThere(finished.run, target);
    return finished;
  } catch (error) {
    if (duet === null) endWith(error, server, measured);
    else {
      duet.fail();
      throw error;
    }
    return null;
  }
}

/** That a run was not measured at one max-concurrency; null if it was, as far as is known. */
function limitWarning({ limitChange }: MeasuredRun, { server }: RunPlace): string | null {
  if (limitChange === null) return null;
  const whose = server === null ? '' : ` of the ${server.role}`;
  return `max-concurrency${whose} was changed during the measurement (from ${limitChange.from} to ${limitChange.to}), but not by this bench: its figures mix settings. Measure again without changing it.`;
}

/** The progress shown is the candidate's, because the same block cannot show two runs. */
function hooksInDuet(hooks: StepHooks, duet: Duet, server: Role): RunHooks {
  return {
    onProgress: server === 'candidate' ? hooks.onProgress : () => undefined,
    ready: () => duet.ready(),
    signal: AbortSignal.any([hooks.signal, duet.failed]),
  };
}

/** @throws ChatstreamError `target_unreachable` if connections failed during the run, and the server does not answer */
async function checkStillThere({ requests }: Run, target: Target): Promise<void> {
  const hasLost = Object.keys(requests.errors).some((code) => /^(?:connection|host|socket)_/.test(code));
  const reason = hasLost ? await target.whyGone() : null;
  if (reason !== null) {
    throw new ChatstreamError('target_unreachable', `${target.description.url} was lost during the measurement.`, {
      hint: `${reason} Its log may say more.`,
    });
  }
}

function incompleteSamples({ samplesPath }: BenchOptions, reason: string): ChatstreamError {
  const message = `Not all samples could be written to ${samplesPath ?? 'their file'}: ${reason}.`;
  return new ChatstreamError('output_failed', message, {
    hint: 'The measurement is not affected. Free some space there, or give --samples another path, and measure again.',
  });
}
