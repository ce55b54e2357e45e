import { resultSchemaName } from '../../measurement/read-result.js';
import type { BenchResult, EndedEarly, Plan, Run, TargetDescription } from '../../measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../measurement/settings/summarise.js';
import { analyseSweep } from '../../measurement/settings/sweep.js';
import { unansweredWarning } from '../../measurement/settings/unanswered.js';
import { endedEarlyWarning, isUnexpected } from '../../measurement/validity/ended-early.js';
import type { BenchOptions } from '../plan/options.js';
import type { SearchOutcome } from '../search/conclude.js';
import { describeSearch } from './find-max.js';
import { describeMachine } from './machine.js';
import { cacheWarnings, type RequestFacts, warningsOf } from './request-warnings.js';

/** Everything that a bench did. */
export interface Session {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly target: TargetDescription;
  /** The second server and its runs, if there was one. */
  readonly versus: { readonly target: TargetDescription; readonly runs: readonly Run[] } | null;
  readonly plan: Plan;
  /** How many settings were to be measured. */
  readonly plannedSettings: number;
  readonly requests: RequestFacts;
  readonly runs: readonly Run[];
  readonly warnings: readonly string[];
  /** What ended it before everything was measured; null if nothing did. */
  readonly endedEarly: EndedEarly | null;
  /** The result of a search; null if there was none. */
  readonly search: SearchOutcome | null;
}

/** The result of a bench, with the analysis of all its figures. */
export async function assembleResult(
  { version, objectives, findMax, command }: Pick<BenchOptions, 'version' | 'objectives' | 'findMax' | 'command'>,
  {
    startedAt,
    finishedAt,
    target,
    versus,
    plan,
    plannedSettings,
    requests,
    runs,
    warnings,
    endedEarly,
    search,
  }: Session,
): Promise<{ readonly result: BenchResult; readonly summaries: readonly SettingSummary[] }> {
  const summaries = summarise(runs);
  const early = isUnexpected(endedEarly) ? [endedEarlyWarning(endedEarly)] : [];
  const interrupted = endedEarly !== null;
  const unanswered = unansweredWarning(runs);
  // The best of some settings may be worse than one that was not measured.
  const isWholeSweep = summaries.length >= plannedSettings;
  const result: BenchResult = {
    schema: resultSchemaName,
    tool: { version, node: process.version },
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    interrupted,
    ...(endedEarly === null ? {} : { ended_early: endedEarly }),
    ...(command === null ? {} : { command }),
    machine: await describeMachine(),
    target,
    plan,
    runs: [...runs],
    sweep: analyseSweep(isWholeSweep && search === null ? summaries : [], objectives.length > 0),
    ...(search === null || findMax === null
      ? {}
      : { find_max: describeSearch(findMax, search, countedSummaries(runs, summaries)) }),
    warnings: [
      ...early,
      ...warnings,
      ...(unanswered === null ? [] : [unanswered]),
      ...warningsOf({ plan, runs: [...runs], interrupted }, requests),
      ...(search === null ? cacheWarnings(summaries, runs, requests) : []),
    ],
    ...(versus === null ? {} : { versus: { target: versus.target, runs: [...versus.runs] } }),
  };
  return { result, summaries };
}

/** For the runs that count for a search. */
function countedSummaries(runs: readonly Run[], summaries: readonly SettingSummary[]): readonly SettingSummary[] {
  const counted = runs.filter(({ discarded }) => discarded !== true);
  return counted.length === runs.length ? summaries : summarise(counted);
}
