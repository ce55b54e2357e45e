import { ChatstreamError } from '../base/errors.js';
import type { BenchResult, TargetDescription } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/settings/summarise.js';
import { measureAll, type TrialHooks } from './measure-all.js';
import { measureSearch } from './measure-search.js';
import { openLoads } from './open-load.js';
import { describePlan } from './plan/describe-plan.js';
import { type BenchOptions, checkVersus } from './plan/options.js';
import { searchedSettings } from './plan/searched.js';
import { commonQueue, planSettings } from './plan/settings.js';
import { prepareRequests } from './prepare-requests.js';
import { type SamplesDestination, samplesDestination } from './record/samples-destination.js';
import { assembleResult, type Session } from './result/assemble-result.js';
import type { BenchProgress } from './run-progress.js';
import { readCertificates } from './target/certificates.js';
import { openReadyTarget } from './target/ready-target.js';
import type { Target, TargetHooks } from './target/target.js';
import { checkSendable } from './workload/plain-text.js';
import { type PromptsFile, readPromptsFile } from './workload/prompts-file.js';

export interface BenchHooks extends TargetHooks {
  /** Called several times per second with the progress of the current run. */
  readonly onProgress: (progress: BenchProgress) => void;
  /** Called with what the bench waits for, other than a server; optional. */
  readonly onWaitFor?: (what: string) => void;
  /**
   * Called with the servers before they are measured, the second being that of `--versus`, or null; optional.
   * What it throws ends the bench.
   */
  readonly onTargets?: (target: TargetDescription, versus: TargetDescription | null) => void;
  /** Called with the result of each run, in the order of measurement. */
  readonly onRun: TrialHooks['onRun'];
  /** Asked after each trial, beginning with the least that are wanted, whether every verdict is known by now. */
  readonly isDecided: (soFar: Pick<BenchResult, 'plan' | 'target' | 'runs' | 'versus'>) => boolean;
}

export interface BenchReport {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
  /** What ended it early, after something had been measured; null if nothing did, or if the user stopped it. */
  readonly failure: ChatstreamError | null;
  /** Why the file of samples is not complete (`output_failed`); null if it is, or was not wanted. */
  readonly samplesFailure: ChatstreamError | null;
}

/**
 * The whole bench: reaches or starts the target, finds out what it is, measures every setting in every trial, and
 * analyses the results.
 *
 * The signal of the hooks ends it early, as does a target that is gone; what was measured by then is reported. Whatever
 * happens, the target is left as it was found. What can be checked on this machine is checked before a server is started
 * or reached, which may take minutes.
 *
 * @throws ChatstreamError `usage`, `output_failed`, `target_unreachable` or `cluster_unavailable`; the signal's reason if
 *   nothing has been measured
 */
export async function bench(options: BenchOptions, hooks: BenchHooks): Promise<BenchReport> {
  const startedAt = new Date();
  checkVersus(options);
  const prompts =
    options.prompts.type === 'file' ? await readPromptsFile(options.prompts.path, options.conversations.live) : null;
  if (prompts !== null) checkSendable(options.form.endpoint, prompts, prompts.name);
  const { caPath, insecure } = options;
  const trust = { ca: caPath === null ? null : await readCertificates(caPath), insecure };
  const samples = options.samplesPath === null ? null : samplesDestination(options.samplesPath);

  const targets: Target[] = [];
  const { load, beside } = await openLoads(options, hooks);
  const unrestored: string[] = [];
  let session: Omit<Session, 'finishedAt'>;
  let samplesFailure: ChatstreamError | null;
  let failure: ChatstreamError | null;
  let areSamplesWhole = false;
  try {
    const target = await openReadyTarget(options.target, options, trust, hooks);
    targets.push(target);
    const versus =
      options.versus === null
        ? null
        : await openReadyTarget({ type: 'url', url: options.versus }, options, trust, hooks);
    if (versus !== null) targets.push(versus);

    hooks.onTargets?.(target.description, versus?.description ?? null);
    const queue = commonQueue(targets.map((target) => target.queue));
    const { findMax } = options;
    const { settings, warnings } =
      findMax === null ? planSettings(options, queue) : searchedSettings(findMax, options, queue);
    const ignoreEos = targets.every(({ ignoresEos }) => ignoresEos);
    const prepared = await prepareRequests(options, targets, prompts, ignoreEos, hooks.signal);
    const plan = describePlan(options, settings, prepared);
    samples?.begin();
    const samplesPath = samples?.path ?? null;
    const measurement = { options: { ...options, samplesPath }, prepared, settings, target, versus, load, beside };
    const searched = findMax === null ? null : await measureSearch(measurement, findMax, queue, hooks);
    const measured =
      searched?.measured ??
      (await measureAll(measurement, {
        ...hooks,
        isEnough: ({ runs, versusRuns }) => {
          const baseline = versus === null ? {} : { versus: { target: versus.description, runs: versusRuns } };
          return hooks.isDecided({ plan, target: target.description, runs, ...baseline });
        },
      }));
    ({ samplesFailure, failure } = measured);
    areSamplesWhole = samplesFailure === null && measured.runs.length > 0;
    session = {
      startedAt,
      target: target.description,
      versus: versus === null ? null : { target: versus.description, runs: measured.versusRuns },
      plan,
      plannedSettings: settings.length,
      requests: { ...requestsIn(prompts), serversGoOn: targets.map(({ ignoresEos }) => ignoresEos) },
      runs: measured.runs,
      warnings: [...measured.warnings, ...warnings, ...prepared.warnings],
      endedEarly: measured.endedEarly,
      search: searched?.outcome ?? null,
    };
  } finally {
    await load.close();
    await beside?.close();
    for (const target of targets) {
      const problem = await target.close();
      if (problem !== null) unrestored.push(problem);
    }
    if (!areSamplesWhole) samples?.end(false);
  }
  if (areSamplesWhole && samples !== null) samplesFailure = failureToKeep(samples);
  if (session.runs.length === 0) hooks.signal.throwIfAborted();
  const { result, summaries } = await assembleResult(options, {
    ...session,
    finishedAt: new Date(),
    warnings: [...session.warnings, ...unrestored],
  });
  return { result, summaries, failure, samplesFailure };
}

/** Gives whole samples their name. @returns why that is not possible; null if it is */
function failureToKeep(samples: SamplesDestination): ChatstreamError | null {
  try {
    samples.end(true);
    return null;
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}

function requestsIn(prompts: PromptsFile | null): Pick<Session['requests'], 'inFile' | 'haveOwnLengths'> {
  if (prompts === null) return { inFile: null, haveOwnLengths: false };
  return {
    inFile: prompts.conversations.reduce((sum, { length }) => sum + length, 0),
    haveOwnLengths: prompts.wishes.some(({ outputTokens, parameters }) => outputTokens !== null || parameters !== null),
  };
}
