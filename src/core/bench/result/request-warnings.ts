import { percentText, plural, significant } from '../../measurement/numbers.js';
import type { BenchResult, Plan, RequestCounts, Run } from '../../measurement/result-schema.js';
import { cachedShareTolerance } from '../../measurement/settings/prompt-cache.js';
import { dimensionsOf, settingsText } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { undisturbedRuns } from '../../measurement/settings/unanswered.js';

/** What is known about the requests of a bench besides its plan. */
export interface RequestFacts {
  /** How many different prompts a file has; null without one. */
  readonly inFile: number | null;
  /** Whether some of them set the length of their answers, or a limit. */
  readonly haveOwnLengths: boolean;
  /** For each server, whether it can be told to continue after the end of a text. */
  readonly serversGoOn: readonly boolean[];
}

/** Below this share of the planned output, answers are too short for the figures to mean what the plan says. */
const shortAnswer = 0.9;

/** What a reader should know, but cannot see in a single figure. */
export function warningsOf(
  result: Pick<BenchResult, 'plan' | 'runs' | 'interrupted'>,
  requests: RequestFacts,
): string[] {
  const { plan } = result;
  if (requests.haveOwnLengths || setsLengths(plan)) return [];
  const warnings: string[] = [];
  const planned = Number(plan.output_tokens);
  const actual = meanAnswer(undisturbedRuns(result));
  // Tenants have plans of their own.
  if (plan.tenants === undefined && Number.isFinite(planned) && actual !== null && actual < shortAnswer * planned) {
    const mean = Number(actual.toPrecision(2));
    warnings.push(`Answers had ${mean} tokens on average, not ${planned}: ${whyShort(plan, requests)}.`);
  }
  return warnings;
}

/** Parameters that decide how long an answer may be. */
const lengthParameters = [
  ...(['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'stop'] as const),
  ...(['tools', 'response_format'] as const),
];

/** Whether answers are not as long as planned because the user said so. */
function setsLengths({ no_param: omitted = [], extra_body: extra }: Plan): boolean {
  return lengthParameters.some((name) => omitted.includes(name) || Object.hasOwn(extra ?? {}, name));
}

function whyShort(
  { ignore_eos: ignoresEos, no_param: omitted = [], extra_body: extra }: Plan,
  { serversGoOn }: RequestFacts,
): string {
  if (ignoresEos) return 'the server stops before, perhaps because its context is full';
  return omitted.includes('ignore_eos') || extra?.['ignore_eos'] === null
    ? 'ignore_eos was left out, so they end where the model ends them'
    : `${serverOf(serversGoOn)} cannot be told to continue past the end of a text`;
}

function serverOf(serversGoOn: readonly boolean[]): string {
  if (serversGoOn.length < 2) return 'the server';
  return serversGoOn.includes(true) ? 'one of the two servers' : 'the two servers';
}

/**
 * Tokens per answer, for runs in which the server counted them, because a chunk may have several. Null without such
 * runs.
 */
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

/** Warns that the server may have had some prompts in its cache from earlier requests, and so may have been faster. */
export function cacheWarnings(
  summaries: readonly SettingSummary[],
  runs: readonly Run[],
  { inFile }: RequestFacts,
): string[] {
  const known = summaries
    .flatMap(({ settings, promptCache }) => (promptCache === null ? [] : [{ settings, share: promptCache.share }]))
    .toSorted((one, other) => one.share - other.share);
  const [least, most] = [known[0], known.at(-1)];
  if (least !== undefined && most !== undefined && most.share - least.share > cachedShareTolerance) {
    const by = dimensionsOf(summaries.map(({ settings }) => settings));
    const [from, to] = [least, most].map(
      ({ settings, share }) => `${percentText(share)} at ${settingsText([settings], by)}`,
    );
    return [
      `Settings differ in how many of the prompt tokens the server had in its cache: ${from ?? ''}, ${to ?? ''}. ` +
        'One that is faster, or recommended, may be so only because of that.',
    ];
  }
  return inFile === null || known.length > 0 ? [] : repeatedPrompts(runs, inFile);
}

function repeatedPrompts(runs: readonly Run[], inFile: number): string[] {
  const sent = runs.reduce((sum, { requests, window }) => sum + allOf(requests) + window.warmup_requests, 0);
  if (sent <= inFile) return [];
  return [
    `The ${plural(inFile, 'prompt')} of the file ${inFile === 1 ? 'was' : 'were'} sent ${significant(sent / inFile)} times on average, and the server does not ` +
      'say what it had in its cache. What was measured later may be faster, or recommended, only because of that.',
  ];
}

function allOf({ completed, refused, failed, timed_out: timedOut }: RequestCounts): number {
  return completed + refused + failed + timedOut;
}
