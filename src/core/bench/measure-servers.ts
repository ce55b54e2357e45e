import type { ChatstreamError } from '../base/errors.js';
import type { BenchResult } from '../measurement/result-schema.js';
import { type Inputs, requestsIn } from './inputs.js';
import { measureAll } from './measure-all.js';
import { measureSearch } from './measure-search.js';
import type { StepHooks } from './measure-step.js';
import type { Loads } from './open-load.js';
import { describePlan } from './plan/describe-plan.js';
import type { BenchOptions } from './plan/options.js';
import { searchedSettings } from './plan/searched.js';
import { commonQueue, planSettings } from './plan/settings.js';
import { prepareRequests } from './prepare-requests.js';
import type { Session } from './result/assemble-result.js';
import { allOf, type Servers } from './servers.js';

export interface MeasureHooks extends StepHooks {
  /** Asked after each trial, from the minimum number on, whether every verdict is known by now. */
  readonly isDecided: (soFar: Pick<BenchResult, 'plan' | 'target' | 'runs' | 'versus'>) => boolean;
}

/** The measurements of a bench. */
export interface MeasuredSession {
  readonly session: Omit<Session, 'startedAt' | 'finishedAt'>;
  /** What ended it early, if that was an error. */
  readonly failure: ChatstreamError | null;
  /** Why not all samples were written; null if they were, or were not requested. */
  readonly samplesFailure: ChatstreamError | null;
}

/**
 * Plans what to measure at servers that are ready, and measures it: every setting in every trial, or what a search asks for.
 *
 * @throws ChatstreamError if the servers cannot have the settings, or the error of the first run; the signal's reason
 */
export async function measureServers(
  options: BenchOptions,
  { prompts, samples }: Pick<Inputs, 'prompts' | 'samples'>,
  servers: Servers,
  loads: Loads,
  hooks: MeasureHooks,
): Promise<MeasuredSession> {
  const { findMax } = options;
  const { target, versus } = servers;
  const targets = allOf(servers);
  const queue = commonQueue(targets.map((each) => each.queue));
  const { settings, warnings } =
    findMax === null ? planSettings(options, queue) : searchedSettings(findMax, options, queue);
  const ignoreEos = targets.every(({ ignoresEos }) => ignoresEos);
  const prepared = await prepareRequests(options, targets, prompts, ignoreEos, hooks.signal);
  const plan = describePlan(options, settings, prepared);
  samples?.begin();
  const samplesPath = samples?.path ?? null;
  const measurement = { options: { ...options, samplesPath }, prepared, settings, ...servers, ...loads };
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
  const session = {
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
  return { session, failure: measured.failure, samplesFailure: measured.samplesFailure };
}
