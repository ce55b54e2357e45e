import { percentText } from '../../measurement/numbers.js';
import type { BenchResult, Run, Setting } from '../../measurement/result-schema.js';
import { dimensionsOf, settingText } from '../../measurement/setting-text.js';
import { bySetting, settingsKey, type SettingSummary, summarise } from '../../measurement/summarise.js';
import { recommendationContext, scoreOf } from '../../measurement/sweep.js';
import { ratioOf, type Statistic } from '../../statistics/ratio.js';

/** From this share of the best setting's score on, one trial does not say that the second best is worse. */
const close = 0.95;

const tail = 0.025;

/**
 * That the second best setting may be as good as the recommended one, as a clause: `, but 8 clients cannot be told apart
 * from it …`. Empty if it is clearly worse, or there is none.
 */
export function secondBestClause(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const { sweep, plan, runs } = result;
  const hasObjectives = plan.slo.length > 0;
  const second = recommendationContext(summaries, sweep.recommendation, hasObjectives)?.second ?? null;
  const best = summaries.find(
    ({ settings }) =>
      settings.concurrency === sweep.recommendation?.concurrency &&
      settings.max_concurrency === sweep.recommendation.max_concurrency,
  );
  if (second === null || best === undefined) return '';
  const trials = bySetting(runs);
  const scores = (settings: Setting): Statistic =>
    meanScore(trials.get(settingsKey(settings)) ?? [], (trial) => scoreOf(trial, hasObjectives));
  const [one, other] = [scores(best.settings), scores(second.settings)];
  const name = settingText(second.settings, dimensionsOf(summaries.map(({ settings }) => settings)));
  if (Math.min(one.trials, other.trials) < 2) {
    if (second.share < close) return '';
    return `, but whether ${name} is worse takes more than one trial to tell (--trials)`;
  }
  const interval = ratioOf(one, other, { paired: false, seed: plan.seed, tail })?.interval ?? null;
  if (interval === null || interval.lower > 1 || interval.upper < 1) return '';
  const range = `${percentText(interval.lower)} to ${percentText(interval.upper)}`;
  return `, but ${name} cannot be told apart from it (95 % interval of its share: ${range})`;
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
