import { settingsKey } from '../../../measurement/by-setting.js';
import { significant } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import { judgeObjectives, type ObjectiveVerdict } from '../../../measurement/settings/objectives.js';
import { dimensionsOf, settingsText } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { isRateSweep } from '../../../measurement/settings/sweep.js';

/** Where each objective was met and where not, and why not. */
export function objectiveSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  const verdicts = judgeObjectives(result, summaries);
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  return [...new Set(verdicts.map(({ objective }) => objective))].map((objective) => {
    const own = verdicts.filter((verdict) => verdict.objective === objective);
    const parts = outcomes.flatMap(({ words, why, includes }) => {
      const those = own.filter(includes);
      const [only] = those;
      if (only === undefined) return [];
      const where = settingsText(
        those.map(({ settings }) => settings),
        by,
      );
      return `${words} at ${where}${those.length === 1 ? ` (${only.finding})` : why}`;
    });
    return `${objective}: ${parts.join('; ')}.`;
  });
}

interface Outcome {
  readonly words: string;
  /** The reason, where several settings share the outcome; a single one is shown with its own finding. */
  readonly why: string;
  readonly includes: (verdict: ObjectiveVerdict) => boolean;
}

/** The possible outcomes of an objective, in the order in which a sentence lists them. */
const outcomes: readonly Outcome[] = [
  { words: 'met', why: '', includes: ({ status }) => status === 'met' },
  {
    words: 'missed',
    why: ' (too slow)',
    includes: (verdict) => verdict.status === 'missed' && verdict.cause === 'too-slow',
  },
  {
    words: 'missed',
    why: ' (requests had no answer)',
    includes: (verdict) => verdict.status === 'missed' && verdict.cause === 'unanswered',
  },
  {
    words: 'missed',
    why: ' (the queue grew without end)',
    includes: (verdict) => verdict.status === 'missed' && verdict.cause === 'overload',
  },
  {
    words: 'not judged',
    why: ' (too few samples)',
    includes: (verdict) => verdict.status === 'unknown' && verdict.cause === 'too-few-samples',
  },
  {
    words: 'not judged',
    why: ' (the load generator was saturated)',
    includes: (verdict) => verdict.status === 'unknown' && verdict.cause === 'saturated-client',
  },
  {
    words: 'not judged',
    why: " (the load generator's own delay may be the difference)",
    includes: (verdict) => verdict.status === 'unknown' && verdict.cause === 'client-delay',
  },
];

/** What to try if the highest of several rates met every objective, or the lowest missed one. */
export function rateSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  if (result.plan.find_max !== undefined || !isRateSweep(summaries.map(({ settings }) => settings))) return [];
  const verdicts = judgeObjectives(result, summaries);
  if (verdicts.length === 0) return [];
  const rates = summaries.map(({ settings }) => settings.rate ?? 0);
  const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
  const at = (rate: number): readonly (readonly ObjectiveVerdict[])[] =>
    summaries
      .filter(({ settings }) => settings.rate === rate)
      .map(({ settings }) => verdicts.filter((verdict) => settingsKey(verdict.settings) === settingsKey(settings)));
  const text = (rate: number): string => `${significant(rate)} requests/s`;
  const flag = (rate: number): string => `--rate ${Number(rate.toPrecision(3))}`;
  if (at(highest).some((own) => own.every(({ status }) => status === 'met'))) {
    const advice = `try ${flag(highest * 2)}, or search for the limit (--find-max)`;
    return [`Every objective was met at ${text(highest)}, the highest rate that was measured: ${advice}.`];
  }
  if (at(lowest).every((own) => own.some(({ status }) => status === 'missed'))) {
    return [
      `An objective was missed even at ${text(lowest)}, the lowest rate that was measured: try ${flag(lowest / 2)}.`,
    ];
  }
  return [];
}
