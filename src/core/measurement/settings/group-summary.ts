import { jainIndex } from '../../statistics/jain.js';
import { LatencyHistogram } from '../latency/histogram.js';
import { figuresOf } from '../latency/metric.js';
import type { Metric, MetricFigures, Run, TurnFigures } from '../result-schema.js';

/** Figures of requests that belong together, over all trials of a setting. */
export interface GroupSummary {
  readonly name: string;
  readonly completed: number;
  readonly unanswered: number;
  readonly outputTokens: number;
  /** Output tokens per second; null where that is meaningless, as for turns. */
  readonly tokensPerSecond: number | null;
  /** Null if the server does not say how long prompts were. */
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly ttft: MetricFigures;
  readonly ttftHistogram: LatencyHistogram;
  readonly tpot: MetricFigures;
  readonly e2e: MetricFigures;
  readonly e2eHistogram: LatencyHistogram;
}

type GroupFigures = Omit<TurnFigures, 'turn' | 'and_later'>;

/** The turns of the trials of one setting; none if requests stood alone. */
export function turnSummaries(trials: readonly Run[]): readonly GroupSummary[] {
  return groupSummaries(
    trials.flatMap(({ turns = [] }) =>
      turns.map(({ turn, and_later: andLater, ...figures }) => ({
        name: `${turn}${andLater === true ? '+' : ''}`,
        figures,
      })),
    ),
  );
}

/** The tenants of the trials of one setting; none without tenants. */
export function tenantSummaries(trials: readonly Run[]): readonly GroupSummary[] {
  const named = trials.flatMap(({ tenants = [] }) => tenants.map((figures) => ({ name: figures.name, figures })));
  return groupSummaries(named).map((group) => ({ ...group, tokensPerSecond: tokensPerSecond(trials, group.name) }));
}

/** Jain's index of the tenants' output tokens per second by weight, over all trials of a setting; null without tenants. */
export function jainIndexOf(trials: readonly Run[]): number | null {
  const weights = new Map(trials.flatMap(({ tenants = [] }) => tenants.map(({ name, weight }) => [name, weight])));
  return jainIndex(Array.from(weights, ([name, weight]) => (tokensPerSecond(trials, name) ?? 0) / weight));
}

/** Over all trials, weighted by how long each took. */
function tokensPerSecond(trials: readonly Run[], tenant: string): number | null {
  const seconds = trials.reduce((sum, { window }) => sum + window.span_seconds, 0);
  const tokens = trials.reduce((sum, { tenants = [], window }) => {
    const own = tenants.find(({ name }) => name === tenant);
    return sum + (own?.output_tokens_per_second ?? 0) * window.span_seconds;
  }, 0);
  return seconds === 0 ? null : tokens / seconds;
}

/** First turns, and all later ones together; null where there are none. */
export function firstAndLater(trials: readonly Run[]): {
  readonly first: GroupSummary | null;
  readonly later: GroupSummary | null;
} {
  const of = (isWanted: (turn: number) => boolean, name: string): GroupSummary | null => {
    const figures = trials.flatMap(({ turns = [] }) => turns.filter(({ turn }) => isWanted(turn)));
    return groupSummaries(figures.map((each) => ({ name, figures: each })))[0] ?? null;
  };
  return { first: of((turn) => turn === 1, 'first'), later: of((turn) => turn > 1, 'later') };
}

/** Adds up entries with the same name, in the order in which names first appear. */
export function groupSummaries(
  named: readonly { readonly name: string; readonly figures: GroupFigures }[],
): readonly GroupSummary[] {
  const names = [...new Set(named.map(({ name }) => name))];
  return names.map((name) => {
    const own = named.filter((each) => each.name === name).map(({ figures }) => figures);
    const ttftHistogram = mergedHistogram(own.map(({ ttft }) => ttft));
    const e2eHistogram = mergedHistogram(own.map(({ e2e }) => e2e));
    return {
      name,
      completed: total(own, ({ completed }) => completed),
      unanswered: total(own, ({ unanswered }) => unanswered),
      outputTokens: total(own, ({ output_tokens: tokens }) => tokens),
      tokensPerSecond: null,
      promptTokens: own.some(({ prompt_tokens: tokens }) => tokens === null)
        ? null
        : total(own, ({ prompt_tokens: tokens }) => tokens ?? 0),
      cachedTokens: own.every(({ cached_tokens: tokens }) => tokens === null)
        ? null
        : total(own, ({ cached_tokens: tokens }) => tokens ?? 0),
      ttft: figuresOf(ttftHistogram),
      ttftHistogram,
      tpot: figuresOf(mergedHistogram(own.map(({ tpot }) => tpot))),
      e2e: figuresOf(e2eHistogram),
      e2eHistogram,
    };
  });
}

function total(figures: readonly GroupFigures[], amount: (figures: GroupFigures) => number): number {
  return figures.reduce((sum, each) => sum + amount(each), 0);
}

function mergedHistogram(metrics: readonly Metric[]): LatencyHistogram {
  const encoded = metrics.flatMap(({ histogram }) => histogram ?? []);
  return LatencyHistogram.merged(encoded.map((each) => LatencyHistogram.decode(each)));
}
