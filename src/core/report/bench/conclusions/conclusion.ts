import { listed } from '../../../measurement/numbers.js';
import type { BenchResult, Setting } from '../../../measurement/result-schema.js';
import { judgeObjectives } from '../../../measurement/settings/objectives.js';
import { dimensionsOf, settingText } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { sweptKey } from '../../../measurement/settings/sweep.js';
import { oneLine } from '../../text/escape.js';
import { objectiveSentences, rateSentences } from './objective-conclusions.js';
import { secondBestClause, secondBestOf } from './second-best.js';
import {
  type Conclusion,
  edgeConclusions,
  kneeConclusion,
  secondBestConclusion,
  uslConclusion,
} from './sweep-conclusions.js';

/** What a report concludes, the most important first: objectives, what to try next, the second best setting, knee, and fit. */
export function conclusionsOf(result: BenchResult, summaries: readonly SettingSummary[]): readonly Conclusion[] {
  const { sweep, plan } = result;
  const settings = summaries.map((summary) => summary.settings);
  const second = secondBestOf(result, summaries);
  return [
    ...[...objectiveSentences(result, summaries), ...rateSentences(result, summaries)].map((sentence) => ({
      sentence,
      brief: sentence,
    })),
    ...edgeConclusions(result, summaries),
    ...(second === null ? [] : [secondBestConclusion(second, plan.slo.length > 0)]),
    ...(sweep.knee === null ? [] : [kneeConclusion(sweep.knee, settings, isKneeRecommended(result, settings))]),
    ...(sweep.usl === null ? [] : [uslConclusion(sweep.usl, summaries)]),
  ];
}

/** The same in full. */
export function conclusionSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  return conclusionsOf(result, summaries).map(({ sentence }) => sentence);
}

/** The recommended setting, and why it is. */
export interface RecommendationText {
  /** Such as `max-concurrency 4`. */
  readonly setting: string;
  /** Whether the sweep has its knee there. */
  readonly isKnee: boolean;
  /** What it rests on, as a clause, and which objectives it misses: `it has the most goodput; it still misses ttft.p95<50ms`. */
  readonly basis: string;
  /** The same with what speaks against it: `it has the most goodput, but 8 clients cannot be told apart from it …`. */
  readonly reason: string;
}

/** Null without a recommendation. */
export function recommendationText(
  result: BenchResult,
  summaries: readonly SettingSummary[],
): RecommendationText | null {
  const { recommendation } = result.sweep;
  if (recommendation === null) return null;
  const settings = summaries.map((summary) => summary.settings);
  const by = dimensionsOf(settings).filter(({ key }) => key !== 'rate' && recommendation[key] !== null);
  const setting = by.length === 0 ? 'the only one measured' : settingText({ ...recommendation, rate: null }, by);
  const basis = oneLine(recommendation.reason).replace(/\.$/, '') + missedClause(result, summaries);
  const reason = `${basis}${secondBestClause(secondBestOf(result, summaries))}`;
  return { setting, isKnee: isKneeRecommended(result, settings), basis, reason };
}

/** Says that even the recommended setting misses objectives: `; it still misses ttft.p95<50ms`. */
function missedClause(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const { concurrency, max_concurrency: maxConcurrency } = result.sweep.recommendation ?? {};
  const missed = judgeObjectives(result, summaries).filter(
    ({ status, settings }) =>
      status === 'missed' && settings.concurrency === concurrency && settings.max_concurrency === maxConcurrency,
  );
  return missed.length === 0
    ? ''
    : `; it still misses ${listed([...new Set(missed.map(({ objective }) => objective))])}`;
}

function isKneeRecommended({ sweep: { knee, recommendation } }: BenchResult, settings: readonly Setting[]): boolean {
  const isOneQuantity = dimensionsOf(settings).length === 1;
  return isOneQuantity && knee !== null && recommendation?.[sweptKey(settings)] === knee;
}
