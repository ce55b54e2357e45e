import { isUnexpected } from '../../measurement/ended-early.js';
import { resultSchemaName } from '../../measurement/read-result.js';
import type { BenchResult, EndedEarly, Plan, Run, TargetDescription } from '../../measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../measurement/summarise.js';
import { analyseSweep } from '../../measurement/sweep.js';
import { unansweredWarning, undisturbedRuns } from '../../measurement/unanswered.js';
import type { BenchOptions } from '../plan/options.js';
import type { SearchOutcome } from '../search/conclude.js';
import { describeSearch } from './find-max.js';
import { describeMachine } from './machine.js';

/** Everything that a bench did. */
export interface Session {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly target: TargetDescription;
  /** The second server and its runs, if there was one. */
  readonly versus: { readonly target: TargetDescription; readonly runs: readonly Run[] } | null;
  readonly plan: Plan;
  /** How many settings there were to be measured. */
  readonly plannedSettings: number;
  readonly runs: readonly Run[];
  readonly warnings: readonly string[];
  /** What ended it before everything was measured; null if nothing did. */
  readonly endedEarly: EndedEarly | null;
  /** What a search has found; null if there was none. */
  readonly search: SearchOutcome | null;
}

/** The result of a bench, with the analysis of all its figures. */
export async function assembleResult(
  { version, objectives, findMax, command }: Pick<BenchOptions, 'version' | 'objectives' | 'findMax' | 'command'>,
  { startedAt, finishedAt, target, versus, plan, plannedSettings, runs, warnings, endedEarly, search }: Session,
): Promise<{ readonly result: BenchResult; readonly summaries: readonly SettingSummary[] }> {
  const summaries = summarise(runs);
  const early = isUnexpected(endedEarly) ? [`The bench ended early: ${endedEarly.message}`] : [];
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
    ...(search === null || findMax === null ? {} : { find_max: describeSearch(findMax, search, summaries) }),
    warnings: [
      ...early,
      ...warnings,
      ...(unanswered === null ? [] : [unanswered]),
      ...warningsOf({ plan, runs: [...runs], interrupted }),
    ],
    ...(versus === null ? {} : { versus: { target: versus.target, runs: [...versus.runs] } }),
  };
  return { result, summaries };
}

/** Below this share of the planned output, answers are too short for the figures to mean what the plan says. */
const shortAnswer = 0.9;

/** What a reader should know, but cannot see in a single figure. */
export function warningsOf(result: Pick<BenchResult, 'plan' | 'runs' | 'interrupted'>): string[] {
  const { plan } = result;
  const warnings: string[] = [];
  const planned = Number(plan.output_tokens);
  const actual = meanAnswer(undisturbedRuns(result));
  // Tenants have plans of their own.
  if (plan.tenants === undefined && Number.isFinite(planned) && actual !== null && actual < shortAnswer * planned) {
    const mean = Number(actual.toPrecision(2));
    warnings.push(`Answers had ${mean} tokens on average, not ${planned}: ${whyShort(plan)}.`);
  }
  return warnings;
}

function whyShort({ ignore_eos: ignoresEos, no_param: omitted = [], extra_body: extra }: Plan): string {
  if (ignoresEos) return 'the server stops before, perhaps because its context is full';
  return omitted.includes('ignore_eos') || extra?.['ignore_eos'] === null
    ? 'ignore_eos was left out, so they end where the model ends them'
    : 'the server cannot be told to go on after the end of a text';
}

/** Tokens per answer, of runs in which the server counted them: a chunk may have several. Null without such runs. */
function meanAnswer(runs: readonly Run[]): number | null {
  let tokens = 0;
  let answers = 0;
  for (const { rates, requests, output_tokens_source: source, checks } of runs) {
    const { requests_per_second: perSecond, output_tokens_per_second: tokensPerSecond } = rates;
    if (source !== 'usage' || perSecond === 0) continue;
    tokens += (tokensPerSecond / perSecond) * requests.completed + (checks.hidden_reasoning_tokens ?? 0);
    answers += requests.completed;
  }
  return answers === 0 ? null : tokens / answers;
}
