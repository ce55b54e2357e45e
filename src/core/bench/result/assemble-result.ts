import { resultSchemaName } from '../../measurement/read-result.js';
import type { BenchResult, EndedEarly, Plan, Run, TargetDescription } from '../../measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../measurement/summarise.js';
import { analyseSweep } from '../../measurement/sweep.js';
import type { BenchOptions } from '../plan/options.js';
import { describeMachine } from './machine.js';

/** Everything that a bench did. */
export interface Session {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly target: TargetDescription;
  /** The second server and its runs, if there was one. */
  readonly versus: { readonly target: TargetDescription; readonly runs: readonly Run[] } | null;
  readonly plan: Plan;
  readonly runs: readonly Run[];
  readonly warnings: readonly string[];
  /** What ended it before everything was measured; null if nothing did. */
  readonly endedEarly: EndedEarly | null;
}

/** The result of a bench, with the analysis of all its figures. */
export async function assembleResult(
  { version, objectives }: Pick<BenchOptions, 'version' | 'objectives'>,
  { startedAt, finishedAt, target, versus, plan, runs, warnings, endedEarly }: Session,
): Promise<{ readonly result: BenchResult; readonly summaries: readonly SettingSummary[] }> {
  const summaries = summarise(runs);
  const hiddenTokens = runs.reduce((sum, { checks }) => sum + (checks.hidden_reasoning_tokens ?? 0), 0);
  const failed = endedEarly !== null && endedEarly.cause !== 'stopped';
  const early = failed ? [`The bench ended early: ${endedEarly.message}`] : [];
  const result: BenchResult = {
    schema: resultSchemaName,
    tool: { version, node: process.version },
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    interrupted: endedEarly !== null,
    ...(endedEarly === null ? {} : { ended_early: endedEarly }),
    machine: await describeMachine(),
    target,
    plan,
    runs: [...runs],
    sweep: analyseSweep(summaries, objectives.length > 0),
    warnings: [...early, ...warnings, ...warningsOf(plan, summaries, hiddenTokens)],
    ...(versus === null ? {} : { versus: { target: versus.target, runs: [...versus.runs] } }),
  };
  return { result, summaries };
}

/** Below this share of the planned output, answers are too short for the figures to mean what the plan says. */
const shortAnswer = 0.9;

/**
 * What a reader should know, but cannot see in a single figure.
 *
 * @param hiddenTokens reasoning tokens that were generated, but not streamed
 */
export function warningsOf(plan: Plan, summaries: readonly SettingSummary[], hiddenTokens = 0): string[] {
  const warnings: string[] = [];
  const planned = Number(plan.output_tokens);
  const completed = summaries.reduce((sum, { requests }) => sum + requests.completed, 0);
  const tokens = summaries.reduce((sum, { rates, requests }) => {
    const { requests_per_second: perSecond, output_tokens_per_second: tokensPerSecond } = rates;
    return perSecond === 0 ? sum : sum + (tokensPerSecond / perSecond) * requests.completed;
  }, hiddenTokens);
  if (Number.isFinite(planned) && completed > 0 && tokens / completed < shortAnswer * planned) {
    const mean = Number((tokens / completed).toPrecision(2));
    const why = plan.ignore_eos
      ? 'the server stops before, perhaps because its context is full'
      : 'the server cannot be told to go on after the end of a text';
    warnings.push(`Answers had ${mean} tokens on average, not ${planned}: ${why}.`);
  }
  return warnings;
}
