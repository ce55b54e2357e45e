import { listed, percentText, significant } from '../../../measurement/numbers.js';
import type { BenchResult, Setting } from '../../../measurement/result-schema.js';
import { type Dimension, dimensionsOf } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { recommendationContext, type SweepEdge, sweptKey } from '../../../measurement/settings/sweep.js';
import { throughputUnit } from '../../../measurement/settings/throughput.js';
import { type SlotsAt, slotsAtOf, slotWords } from '../../../measurement/slots.js';
import { type UslFit, uslThroughput } from '../../../statistics/usl.js';
import { hasOwnServer } from './own-server.js';
import { rangeText, type SecondBest } from './second-best.js';

/** Something that a report concludes, besides its recommendation. */
export interface Conclusion {
  /** In full, for files. */
  readonly sentence: string;
  /** For a terminal, below the recommendation; null if that says the same. */
  readonly brief: string | null;
}

/** What to try where the best setting is at the edge of the sweep. */
export function edgeConclusions(result: BenchResult, summaries: readonly SettingSummary[]): readonly Conclusion[] {
  const { recommendation } = result.sweep;
  const context = recommendationContext(summaries, recommendation, result.plan.slo.length > 0);
  if (recommendation === null || context === null) return [];
  const settings = summaries.map((summary) => summary.settings);
  const isAlone = dimensionsOf(settings).length === 1;
  return context.edges
    .filter(({ edge, value }) => edge === 'largest' || value > 1)
    .map((edge) => {
      const has = isAlone ? `is the ${edge.edge} that was` : `has the ${edgeNames[edge.key][edge.edge]}`;
      const next = nextToTry(edge, recommendation.concurrency, fewestSlots(result));
      const side = edge.edge === 'largest' ? 'above' : 'below';
      return {
        sentence: `The best setting ${has} measured, so a better one may lie beyond: try ${next}.`,
        brief: `Nothing ${side} ${valueText(edge.key, edge.value, settings)} was measured: try ${next}.`,
      };
    });
}

/** How close the second best setting is. */
export function secondBestConclusion(second: SecondBest, hasObjectives: boolean): Conclusion {
  const { name, share, doubt } = second;
  const what = hasObjectives ? 'goodput' : 'ratio of throughput to latency';
  const close =
    doubt === null
      ? ''
      : doubt === 'one-trial'
        ? '; one trial cannot tell which is better (--trials)'
        : `; the two cannot be told apart (95 % interval: ${rangeText(doubt)})`;
  return {
    sentence: `The second best setting, ${name}, has ${percentText(share)} of the best one's ${what}.`,
    brief: `Second best: ${name}, with ${percentText(share)} of that ${hasObjectives ? 'goodput' : 'ratio'}${close}.`,
  };
}

/** @param isNamed whether the recommendation is called the knee already */
export function kneeConclusion(knee: number, settings: readonly Setting[], isNamed: boolean): Conclusion {
  const at = valueText(sweptKey(settings), knee, settings);
  return {
    sentence: `The knee, where the ratio of throughput to response time is highest, is at ${at}.`,
    brief: isNamed ? null : `Knee, where the ratio of throughput to response time is highest: ${at}.`,
  };
}

export function uslConclusion(usl: UslFit, summaries: readonly SettingSummary[]): Conclusion {
  const settings = summaries.map((summary) => summary.settings);
  const key = sweptKey(settings);
  const at = (n: number): string => valueText(key, n, settings);
  const most = Math.max(...settings.map((each) => each[key] ?? 0));
  const unit = `${throughputUnit({ countsTokens: summaries.every(({ countsTokens }) => countsTokens) })}/s`;
  const { lambda, sigma, kappa, r2, peak } = usl;
  // No line breaks at these spaces.
  const fit = `R²\u00a0=\u00a0${r2.toFixed(3)}`;
  const parameters =
    `λ\u00a0=\u00a0${significant(lambda)} ${unit} for one request alone, contention σ\u00a0=\u00a0${parameter(sigma)}, ` +
    `crosstalk κ\u00a0=\u00a0${parameter(kappa)}, ${fit}`;
  // That far beyond the measured settings the fit is a guess, and a figure for the throughput would look like a promise.
  const outlook =
    peak === null
      ? 'throughput keeps growing'
      : peak > 2 * most
        ? `throughput is far from its peak, which would be near ${at(Math.round(peak))}`
        : `it predicts the highest throughput, ${significant(uslThroughput(usl, peak))} ${unit}, at ${at(Math.max(1, Math.round(peak)))}`;
  return {
    sentence: `The Universal Scalability Law fits (${parameters}): ${outlook}.`,
    brief: `Scalability law (${fit}): ${outlook}.`,
  };
}

/** A value of a setting in one quantity, such as `max-concurrency 4`. */
function valueText(key: Dimension['key'], value: number, settings: readonly Setting[]): string {
  const text = String(value);
  const [dimension] = dimensionsOf(settings).filter((each) => each.key === key);
  return dimension?.text(text) ?? (key === 'concurrency' ? `${text} clients` : `max-concurrency ${text}`);
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
  // More generations at once than there are clients would change nothing.
  const most = clients !== null && clients > value ? Math.min(value * 2, clients) : value * 2;
  const next = value < slots ? Math.min(most, slots) : most;
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

/** Of the server, or of the smaller of two. A server that the bench starts has as many slots as the bench measures. */
function fewestSlots(result: Pick<BenchResult, 'target' | 'versus' | 'command'>): FewestSlots {
  const { target, versus } = result;
  if (hasOwnServer(result)) return { slots: Infinity, at: 'server' };
  const known = [target, versus?.target].flatMap((each): readonly FewestSlots[] => {
    const slots = each?.settings['slots'];
    return typeof slots === 'number' ? [{ slots, at: slotsAtOf(each?.settings['slots_at']) }] : [];
  });
  const [fewest] = known.toSorted((one, other) => one.slots - other.slots);
  return fewest ?? { slots: Infinity, at: 'server' };
}

/** σ and κ are often far below what 3 decimals show. */
function parameter(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(2)));
}
