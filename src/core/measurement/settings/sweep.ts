import { fitUsl, type ThroughputPoint } from '../../statistics/usl.js';
import type { Setting, Sweep } from '../result-schema.js';
import type { SettingSummary } from './summarise.js';
import { throughputOf, throughputUnit } from './throughput.js';
import { unansweredShare } from './unanswered.js';

/** The quantities that can be swept. */
export type SweptKey = keyof Pick<Setting, 'max_concurrency' | 'concurrency'>;

/** The quantity that was swept: max-concurrency, or the clients if that does not change. */
export function sweptKey(settings: readonly Setting[]): SweptKey {
  const isSwept = new Set(settings.map((each) => each.max_concurrency)).size > 1;
  const isOpenLoop = settings.every(({ concurrency }) => concurrency === null);
  return isSwept || isOpenLoop ? 'max_concurrency' : 'concurrency';
}

/** Whether several rates were measured. */
export function isRateSweep(settings: readonly Setting[]): boolean {
  return new Set(settings.map(({ rate }) => rate)).size > 1;
}

/**
 * Analyses all settings together: knee, scalability law, recommendation. Settings at which most requests had no answer, or
 * too few were answered for a median that needs no mark, take no part.
 *
 * @param hasObjectives whether goodput decides
 */
export function analyseSweep(summaries: readonly SettingSummary[], hasObjectives: boolean): Sweep {
  // A rate is not a setting to choose: objectives say at which rates they are met.
  if (isRateSweep(summaries.map(({ settings }) => settings))) return { knee: null, usl: null, recommendation: null };
  const judged = summaries.filter(isJudged);
  const knee = best(judged, power);
  const key = sweptKey(summaries.map(({ settings }) => settings));
  return {
    knee: knee === null || judged.length < 2 ? null : knee.settings[key],
    usl: fitUsl(pointsOf(judged, key)),
    recommendation: summaries.length < 2 ? null : recommend(judged, knee, hasObjectives),
  };
}

/** Says that the recommended value of a quantity is the last one that was measured. */
export interface SweepEdge {
  readonly key: SweptKey;
  readonly value: number;
  readonly edge: 'largest' | 'smallest';
}

/** How the recommended setting compares with the rest of the sweep. */
export interface RecommendationContext {
  /** Where it is the largest or the smallest value that was measured, so that a better one may lie beyond. */
  readonly edges: readonly SweepEdge[];
  /** The next best setting, and its score as a share of the best, 0 to 1; null if there is none. */
  readonly second: { readonly settings: Setting; readonly share: number } | null;
}

/** @returns null without a recommendation */
export function recommendationContext(
  summaries: readonly SettingSummary[],
  recommendation: Sweep['recommendation'],
  hasObjectives: boolean,
): RecommendationContext | null {
  if (recommendation === null) return null;
  const score = (summary: SettingSummary): number => scoreOf(summary, hasObjectives) ?? 0;
  const isBest = ({ settings }: SettingSummary): boolean =>
    settings.max_concurrency === recommendation.max_concurrency && settings.concurrency === recommendation.concurrency;
  const judged = summaries.filter(isJudged);
  const winner = judged.find(isBest);
  const second = best(
    judged.filter((each) => !isBest(each)),
    score,
  );
  const edges = (['concurrency', 'max_concurrency'] as const).flatMap((key) =>
    edgeOf(
      key,
      recommendation[key],
      summaries.map(({ settings }) => settings[key]),
    ),
  );
  const share = winner === undefined || second === null || score(winner) === 0 ? null : score(second) / score(winner);
  return { edges, second: second === null || share === null ? null : { settings: second.settings, share } };
}

/**
 * What the recommended setting maximises: goodput with objectives, otherwise the ratio of throughput to latency.
 *
 * @returns null if it is not known
 */
export function scoreOf(summary: SettingSummary, hasObjectives: boolean): number | null {
  return hasObjectives ? summary.rates.goodput : power(summary);
}

/** @param measured its values at all settings */
function edgeOf(key: SweptKey, value: number | null, measured: readonly (number | null)[]): readonly SweepEdge[] {
  const values = measured.filter((each) => each !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (value === null || least === most) return [];
  if (value === most) return [{ key, value, edge: 'largest' }];
  return value === least ? [{ key, value, edge: 'smallest' }] : [];
}

/** Above this share without an answer, figures describe the exceptions. */
const mostUnanswered = 0.5;

/** A median of so few requests that it is marked does not decide anything. */
function isJudged({ requests, metrics: { e2e }, isOverloaded }: SettingSummary): boolean {
  if (isOverloaded || unansweredShare(requests) > mostUnanswered) return false;
  return e2e.p50 !== null && e2e.p50_interval === undefined;
}

/**
 * Throughput by the swept quantity. If both were swept, only under the greatest load: few clients do not use a server's
 * capacity.
 */
function pointsOf(summaries: readonly SettingSummary[], key: SweptKey): ThroughputPoint[] {
  const mostClients = Math.max(...summaries.map(({ settings }) => settings.concurrency ?? 0));
  return summaries.flatMap((summary) => {
    const { settings } = summary;
    const n = settings[key];
    const isFullLoad = key === 'concurrency' || (settings.concurrency ?? 0) === mostClients;
    const x = throughputOf(summary, summary);
    return n === null || x === 0 || !isFullLoad ? [] : [{ n, x }];
  });
}

/**
 * Kleinrock's power: throughput over delay (L. Kleinrock, 1979). Beyond its maximum, more load costs more than it
 * gains.
 */
function power(summary: SettingSummary): number | null {
  const delayMs = summary.metrics.e2e.p50;
  return delayMs === null || delayMs === 0 ? null : throughputOf(summary, summary) / delayMs;
}

function best(
  summaries: readonly SettingSummary[],
  score: (summary: SettingSummary) => number | null,
): SettingSummary | null {
  let winner: { readonly summary: SettingSummary; readonly score: number } | null = null;
  for (const summary of summaries) {
    const value = score(summary);
    if (value !== null && (winner === null || value > winner.score)) winner = { summary, score: value };
  }
  return winner?.summary ?? null;
}

function recommend(
  summaries: readonly SettingSummary[],
  knee: SettingSummary | null,
  hasObjectives: boolean,
): Sweep['recommendation'] {
  if (hasObjectives) {
    const good = best(summaries, ({ rates }) => rates.goodput);
    if (good?.rates.goodput == null || good.rates.goodput === 0) return null;
    const goodput = Number(good.rates.goodput.toPrecision(3));
    return {
      ...settingOf(good),
      reason: `it has the most goodput: ${goodput} requests per second met every objective`,
    };
  }
  if (knee === null) return null;
  if (summaries.length === 1) {
    return { ...settingOf(knee), reason: 'it is the only setting with enough answered requests to judge by' };
  }
  const fastest = best(summaries, (summary) => throughputOf(summary, summary));
  const reason =
    fastest === knee || fastest === null
      ? `it has both the most ${throughputUnit(knee)} per second and the best ratio of throughput to end-to-end latency`
      : `it has the best ratio of throughput to end-to-end latency: ${comparison(knee, fastest)}`;
  return { ...settingOf(knee), reason };
}

function comparison(knee: SettingSummary, fastest: SettingSummary): string {
  const share = Math.round((throughputOf(knee, knee) / throughputOf(fastest, fastest)) * 100);
  const latency = Math.round(((knee.metrics.e2e.p50 ?? 0) / (fastest.metrics.e2e.p50 ?? Infinity)) * 100);
  return `${share} % of the ${throughputUnit(knee)} per second of ${nameOf(fastest, knee)} at ${latency} % of its median latency`;
}

/** The part of a setting that differs from another one. */
function nameOf({ settings }: SettingSummary, other: SettingSummary): string {
  const { max_concurrency: maxConcurrency, concurrency } = settings;
  const parts = [
    ...(concurrency === other.settings.concurrency ? [] : [`${concurrency} clients`]),
    ...(maxConcurrency === other.settings.max_concurrency ? [] : [`max-concurrency ${maxConcurrency}`]),
  ];
  return parts.join(' and ');
}

function settingOf({ settings }: SettingSummary): {
  readonly max_concurrency: number | null;
  readonly concurrency: number | null;
} {
  return { max_concurrency: settings.max_concurrency, concurrency: settings.concurrency };
}
