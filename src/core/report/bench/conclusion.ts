import { listed, percentText, significant } from '../../measurement/numbers.js';
import { judgeObjectives, type ObjectiveVerdict } from '../../measurement/objectives.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { dimensionsOf, settingsText, settingText } from '../../measurement/setting-text.js';
import { type SlotsAt, slotsAtOf, slotWords } from '../../measurement/slots.js';
import { settingsKey, type SettingSummary } from '../../measurement/summarise.js';
import { isRateSweep, recommendationContext, type SweepEdge, sweptKey } from '../../measurement/sweep.js';
import { throughputUnit } from '../../measurement/throughput.js';
import { type UslFit, uslThroughput } from '../../statistics/usl.js';
import { oneLine } from '../text/escape.js';
import { secondBestClause } from './second-best.js';

/** What a report concludes: objectives, knee, and fit, in one sentence each. */
export function conclusionSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  return [
    ...objectiveSentences(result, summaries),
    ...sweepSentences(result, summaries),
    ...recommendationSentences(result, summaries),
    ...rateSentences(result, summaries),
  ];
}

/** For each objective where it was met and where not, and why not. */
function objectiveSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
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

/** Knee and fit, in a sentence each. */
function sweepSentences({ sweep }: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  const settings = summaries.map((summary) => summary.settings);
  const key = sweptKey(settings);
  const [dimension] = dimensionsOf(settings).filter((each) => each.key === key);
  const at = (n: number): string => {
    const text = String(n);
    return dimension?.text(text) ?? (key === 'concurrency' ? `${text} clients` : `max-concurrency ${text}`);
  };
  const sentences: string[] = [];
  if (sweep.knee !== null) {
    sentences.push(`The knee, where the ratio of throughput to response time is highest, is at ${at(sweep.knee)}.`);
  }
  if (sweep.usl !== null) {
    const most = Math.max(...settings.map((each) => each[key] ?? 0));
    const unit = throughputUnit({ countsTokens: summaries.every(({ countsTokens }) => countsTokens) });
    sentences.push(uslSentence(sweep.usl, `${unit}/s`, most, at));
  }
  return sentences;
}

/** How close the second best setting is, and what to try where the best is at the edge of the sweep. */
function recommendationSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  const { sweep, plan } = result;
  const { recommendation } = sweep;
  const context = recommendationContext(summaries, recommendation, plan.slo.length > 0);
  if (recommendation === null || context === null) return [];
  const settings = summaries.map((summary) => summary.settings);
  const { second, edges } = context;
  const what = plan.slo.length > 0 ? 'goodput' : 'ratio of throughput to latency';
  const sentences: string[] = [];
  if (second !== null) {
    const name = settingText(second.settings, dimensionsOf(settings));
    sentences.push(
      `The second best setting, ${name}, has ${percentText(Math.min(1, second.share))} of the best one's ${what}.`,
    );
  }
  const isAlone = dimensionsOf(settings).length === 1;
  for (const edge of edges) {
    if (edge.edge === 'smallest' && edge.value === 1) continue;
    const has = isAlone ? `is the ${edge.edge} that was` : `has the ${edgeNames[edge.key][edge.edge]}`;
    sentences.push(
      `The best setting ${has} measured, so a better one may lie beyond: try ${nextToTry(edge, recommendation.concurrency, fewestSlots(result))}.`,
    );
  }
  return sentences;
}

const edgeNames = {
  concurrency: { largest: 'most clients that were', smallest: 'fewest clients that were' },
  max_concurrency: { largest: 'highest max-concurrency that was', smallest: 'lowest max-concurrency that was' },
} as const;

/**
 * The flags for a setting beyond the edge.
 *
 * @param clients of the best setting; null in an open loop
 * @param fewest slots of the server, which cannot run more at once
 */
function nextToTry({ key, value, edge }: SweepEdge, clients: number | null, fewest: FewestSlots): string {
  if (edge === 'smallest') return `${key === 'concurrency' ? '-c' : '-n'} ${Math.floor(value / 2)}`;
  if (key === 'concurrency') return `-c ${value * 2}`;
  const { slots, at } = fewest;
  const next = value < slots ? Math.min(value * 2, slots) : value * 2;
  // More generations at once than there are clients would change nothing.
  const needs = [
    ...(clients === value ? [`as many clients (-c ${next})`] : []),
    ...(next > slots ? [slotWords(at).need(next)] : []),
  ];
  return `-n ${next}${needs.length === 0 ? '' : `, with ${listed(needs)}`}`;
}

interface FewestSlots {
  /** Infinity if no server says. */
  readonly slots: number;
  readonly at: SlotsAt;
}

/** Of the server, or of the smaller of two. */
function fewestSlots({ target, versus }: Pick<BenchResult, 'target' | 'versus'>): FewestSlots {
  const known = [target, versus?.target].flatMap((each): readonly FewestSlots[] => {
    const slots = each?.settings['slots'];
    return typeof slots === 'number' ? [{ slots, at: slotsAtOf(each?.settings['slots_at']) }] : [];
  });
  const [fewest] = known.toSorted((one, other) => one.slots - other.slots);
  return fewest ?? { slots: Infinity, at: 'server' };
}

/** What to try where the highest of several rates met every objective, or the lowest missed one. */
function rateSentences(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
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

/**
 * @param unit of the throughput, such as `tokens/s`
 * @param most what the largest setting was
 */
function uslSentence(usl: UslFit, unit: string, most: number, at: (n: number) => string): string {
  const { lambda, sigma, kappa, r2, peak } = usl;
  // No line breaks at these spaces.
  const parameters =
    `λ\u00a0=\u00a0${significant(lambda)} ${unit} for one request alone, contention σ\u00a0=\u00a0${parameter(sigma)}, ` +
    `crosstalk κ\u00a0=\u00a0${parameter(kappa)}, R²\u00a0=\u00a0${r2.toFixed(3)}`;
  // That far beyond the measured settings the fit is a guess, and a figure for the throughput would look like a promise.
  const outlook =
    peak === null
      ? 'throughput keeps growing'
      : peak > 2 * most
        ? `throughput is far from its peak, which would be near ${at(Math.round(peak))}`
        : `it predicts the highest throughput, ${significant(uslThroughput(usl, peak))} ${unit}, at ${at(Math.max(1, Math.round(peak)))}`;
  return `The Universal Scalability Law fits (${parameters}): ${outlook}.`;
}

/** σ and κ are often far below what 3 decimals show. */
function parameter(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(2)));
}

/** The recommended setting, and the reason as a clause, such as `it has the most goodput`; null without a recommendation. */
export function recommendationText(
  result: BenchResult,
  summaries: readonly SettingSummary[],
): { readonly setting: string; readonly reason: string } | null {
  const { recommendation } = result.sweep;
  if (recommendation === null) return null;
  const settings = summaries.map((summary) => summary.settings);
  const by = dimensionsOf(settings).filter(({ key }) => key !== 'rate' && recommendation[key] !== null);
  const setting = by.length === 0 ? 'the only one measured' : settingText({ ...recommendation, rate: null }, by);
  const reason = oneLine(recommendation.reason).replace(/\.$/, '');
  return { setting, reason: `${reason}${secondBestClause(result, summaries)}` };
}
