import type { Plan } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';

/** Below this share of the planned output, answers are too short for the figures to mean what the plan says. */
const shortAnswer = 0.9;

/** What a reader should know that no single figure says. */
export function warningsOf(plan: Plan, summaries: readonly SettingSummary[]): string[] {
  const warnings: string[] = [];
  const reconnects = summaries.reduce((sum, { requests }) => sum + requests.reconnects, 0);
  if (reconnects > 0) {
    warnings.push(
      `The server closed kept-alive connections between requests; ${reconnects} requests were sent again on new ones.`,
    );
  }
  const planned = Number(plan.output_tokens);
  const completed = summaries.reduce((sum, { requests }) => sum + requests.completed, 0);
  const tokens = summaries.reduce((sum, { rates, requests }) => {
    const { requests_per_second: perSecond, output_tokens_per_second: tokensPerSecond } = rates;
    return perSecond === 0 ? sum : sum + (tokensPerSecond / perSecond) * requests.completed;
  }, 0);
  if (Number.isFinite(planned) && completed > 0 && tokens / completed < shortAnswer * planned) {
    const mean = Number((tokens / completed).toPrecision(2));
    const why = plan.ignore_eos
      ? 'the server stops before, perhaps because its context is full'
      : 'the server cannot be told to go on after the end of a text';
    warnings.push(`Answers had ${mean} tokens on average, not ${planned}: ${why}.`);
  }
  return warnings;
}
