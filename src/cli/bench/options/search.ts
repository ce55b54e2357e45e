import { type AbortRule, parseAbortRule } from '../../../core/bench/plan/abort-rules.js';
import type { FindMaxOptions } from '../../../core/bench/plan/options.js';
import { type Objective, parseObjective } from '../../../core/measurement/settings/objectives.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { isOpenLoop } from './load.js';
import { refuse } from './refuse.js';

/** The load at which a search begins if none is given. */
const lowStart = 1;

/**
 * The search that `--find-max` describes; null without it.
 *
 * @throws ChatstreamError `usage`
 */
export function findMaxOf(flags: BenchFlags, { isTyped }: FlagOrigins): FindMaxOptions | null {
  const texts = valuesOf(flags['find-max']);
  if (texts.length === 0) return null;
  const { by, precision } = flags;
  const given = { rate: flags.rate?.[0], concurrency: isTyped('concurrency') ? flags.concurrency[0] : undefined };
  const start = by === 'max-concurrency' ? lowStart : (given[by] ?? lowStart);
  return { objectives: texts.map(parseSearched), by, precision, start };
}

/** An objective about every single request can never be known to hold: the next one might miss it. */
function parseSearched(text: string): Objective {
  const objective = parseObjective(text);
  if (objective.percentile !== null) return objective;
  return refuse(`--find-max ${text} applies to every single request.`, `Name a percentile: ${objective.metric}.p95${text.slice(text.indexOf('<'))}`); // prettier-ignore
}

/** The rules of `--abort-on`. @throws ChatstreamError `usage` */
export function abortRulesOf(flags: BenchFlags): readonly AbortRule[] {
  const rules = valuesOf(flags['abort-on']).map(parseAbortRule);
  if (rules.some(({ type }) => type === 'slo') && flags.slo === undefined && flags['find-max'] === undefined) {
    return refuse('--abort-on slo needs an objective.', 'Add --slo, such as --slo "ttft.p95<500ms".');
  }
  if (rules.some(({ type }) => type === 'overload') && !isOpenLoop(flags) && !searchesRate(flags)) {
    return refuse(
      '--abort-on overload is for an open loop: in a closed loop no more requests can wait than there are clients.',
      'Add --rate, or leave it out; --abort-on errors and slo work.',
    );
  }
  return rules;
}

function searchesRate({ by, 'find-max': objectives }: BenchFlags): boolean {
  return objectives !== undefined && by === 'rate';
}

/** Refuses flags that cannot be combined with `--find-max`, or need it. @throws ChatstreamError `usage` */
export function refuseWithSearch(flags: BenchFlags, { isTyped }: FlagOrigins): void {
  if (flags['find-max'] === undefined) {
    for (const name of ['by', 'precision'] as const) {
      if (isTyped(name)) refuse(`--${name} is for a search, but --find-max is not given.`, 'Add --find-max.');
    }
    return;
  }
  for (const name of ['trials', 'requests', 'versus', 'duet', 'baseline', 'enforce-slo'] as const) {
    if (isTyped(name)) {
      refuse(
        `--${name} cannot be combined with --find-max, which decides itself what it measures and how often.`,
        `Leave out one of the two. --duration sets how long the first measurement of each load takes.`,
      );
    }
  }
  for (const name of ['rate', 'concurrency', 'max-concurrency'] as const) {
    const isGiven = name !== 'concurrency' || isTyped(name);
    if (isGiven && (flags[name]?.length ?? 0) > 1) {
      refuse(`--find-max searches with one setting, but --${name} is a list.`, 'Give it one value.');
    }
  }
  if (flags.by === 'max-concurrency' && isTyped('max-concurrency')) {
    refuse('--by max-concurrency searches for it, but --max-concurrency sets it.', 'Leave out one of the two.');
  }
  if (flags.by === 'concurrency' && flags.rate !== undefined) {
    refuse('--by concurrency raises the number of clients, but --rate is for an open loop.', 'Leave out one of the two.'); // prettier-ignore
  }
  if (flags.by === 'rate' && isTyped('concurrency')) {
    refuse(
      '--find-max searches for a rate, in an open loop, which has no clients, but --concurrency is given.',
      'Add --by concurrency to search for the number of clients, or leave out --concurrency.',
    );
  }
}
