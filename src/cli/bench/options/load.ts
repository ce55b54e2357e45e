import type { FindMaxOptions, Load } from '../../../core/bench/plan/options.js';
import { meanRate, type RateStage } from '../../../core/bench/plan/stages.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { refuse } from './refuse.js';

/** The rates set by `--ramp` or `--stages`; undefined without them. */
export function stagesOf({ ramp, stages }: Pick<BenchFlags, 'ramp' | 'stages'>): readonly RateStage[] | undefined {
  return ramp ?? stages;
}

/** Whether requests are sent on a schedule. */
export function isOpenLoop(flags: Pick<BenchFlags, 'rate' | 'ramp' | 'stages' | 'trace'>): boolean {
  return flags.rate !== undefined || stagesOf(flags) !== undefined || flags.trace !== undefined;
}

export function loadOf(flags: BenchFlags, findMax: FindMaxOptions | null): Load {
  const { rate, arrival, concurrency } = flags;
  const stages = stagesOf(flags);
  if (findMax?.by === 'rate') return { type: 'open', rates: [findMax.start], arrival };
  if (findMax?.by === 'concurrency') return { type: 'closed', concurrency: [findMax.start] };
  const limit = limitOf(flags);
  if (stages !== undefined) return { type: 'open', rates: [meanRate(stages)], arrival, stages, ...limit };
  return rate === undefined ? { type: 'closed', concurrency } : { type: 'open', rates: rate, arrival, ...limit };
}

/** The limit set by `--max-in-flight`. */
export function limitOf({ 'max-in-flight': maxInFlight }: BenchFlags): { readonly maxInFlight?: number } {
  return maxInFlight === undefined ? {} : { maxInFlight };
}

/**
 * Refuses shapes of load that contradict each other or would have no effect. Only typed flags count.
 *
 * @throws ChatstreamError `usage`
 */
export function refuseShapes(flags: BenchFlags, { isTyped }: FlagOrigins): void {
  const [first, second] = (['rate', 'ramp', 'stages'] as const).filter(isTyped);
  if (first !== undefined && second !== undefined) {
    refuse(`--${first} and --${second} both say how many requests are sent.`, 'Leave out one of the two.');
  }
  const shape = (['ramp', 'stages'] as const).find(isTyped);
  if (shape !== undefined) refuseWithStages(shape, flags, isTyped);
  const isSearch = flags['find-max'] !== undefined;
  if (!isOpenLoop(flags) && !isSearch && isTyped('arrival')) {
    refuse('--arrival is for an open loop, but --rate is not given.', 'Add --rate, or leave out --arrival.');
  }
  if (isOpenLoop(flags) && flags.concurrency.length > 1 && isTyped('concurrency')) {
    refuse('An open loop has no clients, so --rate cannot be combined with several values of --concurrency.', 'Leave out one of the two.'); // prettier-ignore
  }
  if (isOpenLoop(flags) && !isSearch && isTyped('concurrency') && isTyped('max-concurrency')) {
    refuse(
      `An open loop has no clients, so --concurrency ${flags.concurrency.join(',')} has no effect together with --max-concurrency.`,
      'Leave out --concurrency. --max-in-flight limits the requests in flight.',
    );
  }
  if (isTyped('max-in-flight')) refuseLimit(flags, isTyped, isSearch);
}

function refuseWithStages(shape: 'ramp' | 'stages', flags: BenchFlags, isTyped: FlagOrigins['isTyped']): void {
  for (const name of ['duration', 'requests'] as const) {
    if (isTyped(name)) {
      refuse(`--${name} and --${shape} both say how long requests are sent.`, `Leave out --${name}.`);
    }
  }
  if (isTyped('find-max')) {
    refuse(`--find-max chooses the loads itself, but --${shape} is given.`, 'Leave out one of the two.');
  }
  if (valuesOf(flags['abort-on']).includes('overload')) {
    refuse(
      `--abort-on overload needs a load that stays the same, but --${shape} changes it.`,
      'Leave it out; --abort-on errors and slo work.',
    );
  }
}

function refuseLimit(flags: BenchFlags, isTyped: FlagOrigins['isTyped'], isSearch: boolean): void {
  const { 'max-in-flight': limit = 0, workers = 1 } = flags;
  if (isSearch) {
    refuse(
      '--max-in-flight would hide the requests that it holds back from --find-max.',
      'Leave it out. --find-max --by concurrency searches for a number of requests in flight.',
    );
  }
  if (!isOpenLoop(flags)) {
    refuse(
      '--max-in-flight is for an open loop, but --rate is not given.',
      'Add --rate. In a closed loop, -c is the number of requests in flight.',
    );
  }
  if (isTyped('workers') && workers > limit) {
    refuse(`--max-in-flight ${limit} is less than --workers ${workers}: each needs one.`, 'Use fewer workers.');
  }
}
