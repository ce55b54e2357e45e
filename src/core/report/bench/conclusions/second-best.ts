import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { percentText } from '../../../measurement/numbers.js';
import type { BenchResult, Run, Setting } from '../../../measurement/result-schema.js';
import { dimensionsOf, settingText } from '../../../measurement/settings/setting-text.js';
import { type SettingSummary, summarise } from '../../../measurement/settings/summarise.js';
import { recommendationContext, scoreOf } from '../../../measurement/settings/sweep.js';
import { ratioOf, type Statistic } from '../../../statistics/ratio.js';

/** From this share of the best setting's score on, one trial does not say that the second best is worse. */
const close = 0.95;

const tail = 0.025;

/** The setting that ranks second after the recommended one. */
export interface SecondBest {
  /** Such as `max-concurrency 8`. */
  readonly name: string;
  /** Its score, as a share of the best one's: 0 to 1. */
  readonly share: number;
  /**
   * Why it may be as good: `one-trial` if they are close and one trial does not tell, or the 95 % interval of its share, which
   * contains 1. Null if nothing speaks for that.
   */
  readonly doubt: 'one-trial' | { readonly lower: number; readonly upper: number } | null;
}

/** Null without a recommendation, and if it is the only one. */
export function secondBestOf(result: BenchResult, summaries: readonly SettingSummary[]): SecondBest | null {
  const { sweep, plan } = result;
  const second = recommendationContext(summaries, sweep.recommendation, plan.slo.length > 0)?.second ?? null;
  if (second === null) return null;
  const name = settingText(second.settings, dimensionsOf(summaries.map(({ settings }) => settings)));
  const share = Math.min(1, second.share);
  return { name, share, doubt: doubtOf(second, result, summaries) };
}

function doubtOf(
  second: Pick<SettingSummary, 'settings'> & { readonly share: number },
  { sweep, plan, runs }: BenchResult,
  summaries: readonly SettingSummary[],
): SecondBest['doubt'] {
  const best = summaries.find(
    ({ settings }) =>
      settings.concurrency === sweep.recommendation?.concurrency &&
      settings.max_concurrency === sweep.recommendation.max_concurrency,
  );
  if (best === undefined) return null;
  const trials = bySetting(runs);
  const scores = (settings: Setting): Statistic =>
    meanScore(trials.get(settingsKey(settings)) ?? [], (trial) => scoreOf(trial, plan.slo.length > 0));
  const [one, other] = [scores(best.settings), scores(second.settings)];
  if (Math.min(one.trials, other.trials) < 2) return second.share < close ? null : 'one-trial';
  const interval = ratioOf(one, other, { paired: false, seed: plan.seed, tail })?.interval ?? null;
  return interval === null || interval.lower > 1 || interval.upper < 1 ? null : interval;
}

/**
 * That the second best setting may be as good as the recommended one, as a clause: `, but 8 clients cannot be told apart
 * from it …`. Empty if it is clearly worse, or there is none.
 */
export function secondBestClause(second: SecondBest | null): string {
  const doubt = second?.doubt ?? null;
  if (second === null || doubt === null) return '';
  const { name } = second;
  if (doubt === 'one-trial') return `, but whether ${name} is worse takes more than one trial to tell (--trials)`;
  return `, but ${name} cannot be told apart from it (95 % interval of its share: ${rangeText(doubt)})`;
}

export function rangeText({ lower, upper }: { readonly lower: number; readonly upper: number }): string {
  return `${percentText(lower)} to ${percentText(upper)}`;
}

/** The mean of the trials' own scores. */
function meanScore(trials: readonly Run[], score: (trial: SettingSummary) => number | null): Statistic {
  const scores = trials.map((run) => summarise([run]).map(score)[0] ?? 0);
  return {
    trials: scores.length,
    value: (weights) => {
      const total = scores.reduce((sum, _, index) => sum + (weights[index] ?? 0), 0);
      return total === 0 ? null : scores.reduce((sum, each, index) => sum + each * (weights[index] ?? 0), 0) / total;
    },
  };
}
