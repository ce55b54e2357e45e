import { percentiles } from '../../measurement/metric-names.js';
import type { FindMax, FindMaxBy, FindMaxPoint } from '../../measurement/result-schema.js';
import type { Objective } from '../../measurement/settings/objectives.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { wilsonInterval } from '../../statistics/proportion.js';
import type { FindMaxOptions } from '../plan/options.js';
import type { NextToBreak, SearchOutcome } from '../search/conclude.js';
import type { LoadEvidence } from '../search/evidence.js';

/** The answer of a search in the form of the result. */
export function describeSearch(
  { objectives, by }: Pick<FindMaxOptions, 'objectives' | 'by'>,
  outcome: SearchOutcome,
  summaries: readonly SettingSummary[],
): FindMax {
  const nextText = (next: NextToBreak): string =>
    next.type === 'overload' ? 'overload' : (objectives[next.index]?.text ?? 'overload');
  const found = outcome.status === 'found' ? outcome : null;
  const next = outcome.status === 'found' || outcome.status === 'none-hold' ? nextText(outcome.next) : null;
  return {
    by,
    status: outcome.status,
    finished: outcome.isFinished,
    client_full: outcome.isClientFull,
    load: found?.load ?? (outcome.status === 'all-hold' ? outcome.highest : null),
    lower: found?.lower ?? null,
    upper: found?.upper ?? null,
    holds_from: outcome.holdsFrom,
    next_to_break: next,
    contradictions: outcome.contradictions.map(({ load }) => load),
    points: outcome.loads.map((evidence) => pointOf(evidence, objectives, summaryAt(summaries, by, evidence.load))),
  };
}

function summaryAt(summaries: readonly SettingSummary[], by: FindMaxBy, load: number): SettingSummary | undefined {
  const key = by === 'max-concurrency' ? 'max_concurrency' : by;
  return summaries.find(({ settings }) => settings[key] === load);
}

function pointOf(
  { load, looks, shares, verdict, isOverloaded }: LoadEvidence,
  objectives: readonly Objective[],
  summary: SettingSummary | undefined,
): FindMaxPoint {
  const requests = summary?.requests;
  return {
    load,
    measurements: looks,
    requests: requests === undefined ? 0 : requests.completed + requests.refused + requests.failed + requests.timed_out,
    verdict,
    overloaded: isOverloaded,
    promises: objectives.map((objective, index) => {
      const share = shares[index] ?? null;
      return {
        promise: objective.text,
        ...valueOf(objective, share?.effectiveAttempts ?? null, summary),
        missed_share: share === null ? null : digits(share.share),
        missed_lower: share === null ? null : digits(share.interval.lower),
        missed_upper: share === null ? null : digits(share.interval.upper),
      };
    }),
  };
}

/** Error on each side. */
const tail = 0.025;

/**
 * The percentile, and its interval: that of its rank, as if there were only the effective number of requests (R. S.
 * Woodruff, "Confidence intervals for medians and other position measures", 1952). It has no upper end while all of
 * them may well be below the percentile.
 */
function valueOf(
  { metric, percentile }: Objective,
  effectiveAttempts: number | null,
  summary: SettingSummary | undefined,
): Pick<FindMaxPoint['promises'][number], 'value_ms' | 'value_lower_ms' | 'value_upper_ms'> {
  const histogram = summary?.histograms.get(metric);
  if (summary === undefined || histogram === undefined || effectiveAttempts === null || percentile === null) {
    return { value_ms: null, value_lower_ms: null, value_upper_ms: null };
  }
  const { completed, refused, failed, timed_out: timedOut } = summary.requests;
  const all = completed + refused + failed + timedOut;
  const at = (share: number): number | null => {
    // Requests without an answer count as the slowest.
    const ofAnswered = (share * all) / completed;
    return completed === 0 || ofAnswered > 1 ? null : histogram.quantileMs(ofAnswered * 100);
  };
  const share = percentiles[percentile] / 100;
  const { lower, upper } = wilsonInterval({ successes: share * effectiveAttempts, attempts: effectiveAttempts }, tail);
  const mayAllBeBelow = share ** effectiveAttempts > tail;
  return { value_ms: at(share), value_lower_ms: at(lower), value_upper_ms: mayAllBeBelow ? null : at(upper) };
}

function digits(share: number): number {
  return Number(share.toPrecision(4));
}
