import type { ChatstreamError } from '../../base/errors.js';
import { resultSchemaName } from '../../measurement/read-result.js';
import type { BenchResult, Plan, Run, TargetDescription } from '../../measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../measurement/summarise.js';
import { analyseSweep } from '../../measurement/sweep.js';
import { unansweredWarning, undisturbedRuns } from '../../measurement/unanswered.js';
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
  /** How many runs were planned. */
  readonly planned: number;
  readonly runs: readonly Run[];
  readonly warnings: readonly string[];
  /** Whether the user stopped it. */
  readonly aborted: boolean;
  /** What else ended it early; null if nothing did. */
  readonly failure: ChatstreamError | null;
}

/** The result of a bench, with the analysis of all its figures. */
export async function assembleResult(
  { version, objectives }: Pick<BenchOptions, 'version' | 'objectives'>,
  { startedAt, finishedAt, target, versus, plan, planned, runs, warnings, aborted, failure }: Session,
): Promise<{ readonly result: BenchResult; readonly summaries: readonly SettingSummary[] }> {
  const summaries = summarise(runs);
  const early = failure === null ? [] : [`The bench ended early: ${failure.message}`];
  const interrupted = runs.length < planned || (versus !== null && versus.runs.length < planned) || aborted;
  const unanswered = unansweredWarning(runs);
  // The best of some settings may be worse than one that was not measured.
  const isWholeSweep = summaries.length >= planned / plan.trials;
  const result: BenchResult = {
    schema: resultSchemaName,
    tool: { version, node: process.version },
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    interrupted,
    machine: await describeMachine(),
    target,
    plan,
    runs: [...runs],
    sweep: analyseSweep(isWholeSweep ? summaries : [], objectives.length > 0),
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
  const { plan, runs } = result;
  const warnings: string[] = [];
  const reconnects = runs.reduce((sum, { requests }) => sum + requests.reconnects, 0);
  if (reconnects > 0) {
    warnings.push(
      `The server closed kept-alive connections between requests; ${reconnects} requests were sent again on new ones.`,
    );
  }
  const planned = Number(plan.output_tokens);
  const actual = meanAnswer(undisturbedRuns(result));
  if (Number.isFinite(planned) && actual !== null && actual < shortAnswer * planned) {
    const mean = Number(actual.toPrecision(2));
    const why = plan.ignore_eos
      ? 'the server stops before, perhaps because its context is full'
      : 'the server cannot be told to go on after the end of a text';
    warnings.push(`Answers had ${mean} tokens on average, not ${planned}: ${why}.`);
  }
  return warnings;
}

/** Tokens per answer, of runs in which the server counted them: a chunk may have several. Null without such runs. */
function meanAnswer(runs: readonly Run[]): number | null {
  let tokens = 0;
  let answers = 0;
  for (const { rates, requests, output_tokens_source: source } of runs) {
    const { requests_per_second: perSecond, output_tokens_per_second: tokensPerSecond } = rates;
    if (source !== 'usage' || perSecond === 0) continue;
    tokens += (tokensPerSecond / perSecond) * requests.completed;
    answers += requests.completed;
  }
  return answers === 0 ? null : tokens / answers;
}
