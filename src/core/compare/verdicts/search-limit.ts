import { ChatstreamError } from '../../base/errors.js';
import { bySetting, settingsKey } from '../../measurement/by-setting.js';
import { listed, significant, whole } from '../../measurement/numbers.js';
import type { FindMax, FindMaxBy, Run, Saturation, Setting } from '../../measurement/result-schema.js';
import { parseObjective } from '../../measurement/settings/objectives.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { ClientDelay } from '../../measurement/validity/client-delay.js';
import { saturationOfRuns, touches } from '../../measurement/validity/saturation.js';
import { normalQuantileOfTail } from '../../statistics/normal.js';
import type { Interval } from '../../statistics/ratio.js';
import type { ComparedRow } from '../comparison.js';
import { type Doubt, judge, type Judgement, tendencyOf } from '../judgement.js';
import type { Side, Sides } from '../side.js';
import type { LimitThreshold } from '../threshold.js';

/** The limit that a search found, as far as it is known. */
interface KnownLimit {
  /** Null if only a bound of it is known. */
  readonly load: number | null;
  /** Lower end of its 95 % interval, 0 if unknown. */
  readonly lower: number;
  /** Upper end; Infinity if unknown. */
  readonly upper: number;
}

/** Error on each side of the interval of a search. */
const tailOfSearch = 0.025;

/**
 * The limits of two searches, and their ratio; null if these are not two results of `bench --find-max` with the same `--by`.
 *
 * @param threshold null if the limit is shown but not judged
 * @param candidates how many are compared with this baseline, 1 or more
 * @throws ChatstreamError `usage` if the settings of the servers changed in between
 */
export function limitRowOf(
  { baseline, candidate }: Pick<Sides, 'baseline' | 'candidate'>,
  threshold: LimitThreshold | null,
  candidates: number,
): ComparedRow | null {
  const [before, after] = [baseline.result?.find_max, candidate.result?.find_max];
  if (before === undefined || after?.by !== before.by) return null;
  const { by } = before;
  const settings = commonSettings(baseline, candidate, by);
  const [one, other] = [knownLimit(before), knownLimit(after)];
  const ratio = ratioOfLimits(one, other, candidates);
  const doubt = doubtOf({ baseline, candidate }, [one, other], ratio);
  return {
    settings,
    metric: { type: 'limit', id: 'find_max', by },
    baseline: one.load,
    candidate: other.load,
    trials: { baseline: measurementsOf(before), candidate: measurementsOf(after) },
    ratio: ratio?.ratio ?? null,
    interval: ratio?.interval ?? null,
    spread: ratio?.interval ?? null,
    judgement: judgementOf(threshold, ratio?.interval ?? null, doubt),
  };
}

function judgementOf(threshold: LimitThreshold | null, interval: Interval | null, doubt: Doubt | null): Judgement {
  if (threshold === null) {
    const isClear = interval !== null && doubt === null;
    return { type: 'shown', tendency: isClear ? tendencyOf(interval, 'limit') : 'unclear' };
  }
  if (doubt === null && interval !== null) return { type: 'gated', threshold, outcome: judge(interval, threshold) };
  const lasting = { reason: 'too-wide', isLasting: true } as const;
  return { type: 'gated', threshold, outcome: { verdict: 'inconclusive', doubt: doubt ?? lasting } };
}

/**
 * What a search knows about its limit: if everything held, it is at least the highest such load; if nothing did, at
 * most the lowest.
 */
function knownLimit({ status, load, lower, upper, points }: FindMax): KnownLimit {
  switch (status) {
    case 'found':
      return { load, lower: lower ?? 0, upper: upper ?? Infinity };
    case 'all-hold': {
      const held = points.filter(({ verdict }) => verdict === 'holds').map((point) => point.load);
      return { load: null, lower: Math.max(0, ...held), upper: Infinity };
    }
    case 'none-hold': {
      // By max-concurrency, a higher one may be better.
      const broken = points.every(({ verdict }) => verdict === 'breaks') ? points.map((point) => point.load) : [];
      return { load: null, lower: 0, upper: Math.min(Infinity, ...broken) };
    }
    case 'unjudged':
    case 'nothing-measured':
      return { load: null, lower: 0, upper: Infinity };
  }
}

/**
 * Candidate ÷ baseline. The interval is derived from those of both limits by the method of variance estimates recovery,
 * on logarithms (G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
 * approach", 2008). If a limit is only bounded, the bounds are divided, which is wider. Null if nothing is known about
 * it, or if several candidates would need a bound that is more certain than a search provides.
 */
function ratioOfLimits(
  before: KnownLimit,
  after: KnownLimit,
  candidates: number,
): { readonly ratio: number | null; readonly interval: Interval } | null {
  if (before.load === null || after.load === null) {
    const interval = {
      lower: after.lower / before.upper,
      upper: before.lower === 0 ? Infinity : after.upper / before.lower,
    };
    const saysNothing = interval.lower === 0 && interval.upper === Infinity;
    return candidates > 1 || saysNothing ? null : { ratio: null, interval };
  }
  const wider = normalQuantileOfTail(tailOfSearch / candidates) / normalQuantileOfTail(tailOfSearch);
  const [one, other] = [Math.log(before.load), Math.log(after.load)];
  const down = Math.hypot(other - Math.log(after.lower), Math.log(before.upper) - one);
  const up = Math.hypot(Math.log(after.upper) - other, one - Math.log(before.lower));
  return {
    ratio: after.load / before.load,
    interval: { lower: Math.exp(other - one - wider * down), upper: Math.exp(other - one + wider * up) },
  };
}

function doubtOf(
  { baseline, candidate }: Pick<Sides, 'baseline' | 'candidate'>,
  limits: readonly [KnownLimit, KnownLimit],
  ratio: object | null,
): Doubt | null {
  const sides = [
    { who: 'baseline', side: baseline },
    { who: 'candidate', side: candidate },
  ] as const;
  const unclear = sides.filter(({ side }) => (side.result?.find_max?.contradictions.length ?? 0) > 0);
  if (unclear.length > 0) {
    const who = listed(unclear.map(({ who }) => who));
    return lasting(`the results of the ${who} are not monotonic, so there may be no single limit`);
  }
  const saturation = new Set(sides.flatMap(({ side }) => saturationOf(side)));
  if (saturation.size > 0) {
    const runs = [...baseline.runs, ...candidate.runs];
    return {
      reason: 'saturated-client',
      saturation: [...saturation],
      delayMs: Math.max(...sides.map(({ side }) => ClientDelay.ofRuns(side.runs).meanMs)),
      cpuShare: Math.max(...runs.map(({ client }) => client.cpu_share)),
    };
  }
  if (ratio !== null) return null;
  const bounded = sides.filter((_, index) => limits[index]?.load === null);
  return lasting(`the limit of the ${listed(bounded.map(({ who }) => who))} was not found`);
}

/** Said where only a bound of a limit is known, because the row does not show it. */
export function limitNotes({ baseline, candidate }: Pick<Sides, 'baseline' | 'candidate'>): readonly string[] {
  const noteOf = (who: string, found: FindMax | undefined): readonly string[] => {
    if (found === undefined || (found.status !== 'all-hold' && found.status !== 'none-hold')) return [];
    const loads = found.points.map(({ load }) => load);
    const [lowest, highest] = [Math.min(...loads), Math.max(...loads)].map((load) => loadText(found.by, load));
    return found.status === 'all-hold'
      ? [`The search for the ${who} did not find a limit: everything held up to ${highest ?? ''}.`]
      : [`The search for the ${who} did not find a limit: an objective was missed even at ${lowest ?? ''}.`];
  };
  return [...noteOf('baseline', baseline.result?.find_max), ...noteOf('candidate', candidate.result?.find_max)];
}

function loadText(by: FindMaxBy, load: number): string {
  switch (by) {
    case 'rate':
      return `${significant(load)} requests/s`;
    case 'concurrency':
      return load === 1 ? '1 client' : `${whole(load)} clients`;
    case 'max-concurrency':
      return `max-concurrency ${whole(load)}`;
  }
}

function lasting(explanation: string): Doubt {
  return { reason: 'not-measured', explanation, isLasting: true };
}

/** What was wrong with the load up to the lowest one that missed an objective: there, the load generator may be why. */
function saturationOf({ runs, result, plan }: Side): readonly Saturation[] {
  const found = result?.find_max;
  if (found === undefined || (found.status !== 'found' && found.status !== 'none-hold')) return [];
  const broken = found.points.filter(({ load, verdict }) => verdict === 'breaks' && load > (found.load ?? 0));
  const last = Math.min(...broken.map(({ load }) => load));
  const relevant = runs.filter(
    ({ settings, discarded }) => discarded !== true && (settings[keyOf(found.by)] ?? 0) <= last,
  );
  const metrics = (plan.find_max?.promises ?? []).map((objective) => parseObjective(objective).metric);
  const concerns = (saturation: Saturation, [run]: readonly Run[]): boolean =>
    metrics.some((metric) => touches(saturation, metric, run?.metrics.queue_wait.source ?? 'unavailable'));
  return [...bySetting(relevant).values()].flatMap((each) =>
    saturationOfRuns(each).filter((saturation) => concerns(saturation, each)),
  );
}

function measurementsOf({ points }: FindMax): number {
  return points.reduce((sum, { measurements }) => sum + measurements, 0);
}

function keyOf(by: FindMaxBy): keyof Setting {
  return by === 'max-concurrency' ? 'max_concurrency' : by;
}

/** What stayed the same while the load was raised. */
function commonSettings(baseline: Side, candidate: Side, by: FindMaxBy): Setting {
  const fixedOf = ({ runs }: Side): Setting => ({
    ...(runs[0]?.settings ?? { concurrency: null, max_concurrency: null, rate: null }),
    [keyOf(by)]: null,
  });
  const [before, after] = [fixedOf(baseline), fixedOf(candidate)];
  const isOneEmpty = baseline.runs.length === 0 || candidate.runs.length === 0;
  if (isOneEmpty || settingsKey(before) === settingsKey(after)) return after;
  const text = (settings: Setting): string => wholeSettingText(settings) || "the server's own settings";
  throw new ChatstreamError(
    'usage',
    `The two searches were made at different settings: ${text(before)} and ${text(after)}.`,
    { hint: 'Search both with the same --max-concurrency, and with the same --rate or --concurrency.' },
  );
}
