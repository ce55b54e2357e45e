import { LatencyHistogram } from '../../../measurement/latency/histogram.js';
import type { CompletedRequest } from '../../client/outcome.js';
import { outputTokensOf } from '../answers/output-tokens.js';
import type { RequestMetrics } from '../answers/request-metrics.js';

/** The latencies that are kept for each group. */
const groupMetrics = ['ttft', 'tpot', 'e2e'] as const;
type GroupMetric = (typeof groupMetrics)[number];

interface GroupCounts {
  completed: number;
  unanswered: number;
  outputTokens: number;
  /** Requests that were answered, or tokens generated, since the end of the warm-up, as in a run. */
  servedRequests: number;
  servedTokens: number;
  /** Null if the server does not say. */
  promptTokens: number | null;
  /** Null until an answer says so. */
  cachedTokens: number | null;
}

/** Some of a run's requests, counted separately. */
export interface Group extends Readonly<GroupCounts> {
  readonly histograms: Readonly<Record<GroupMetric, LatencyHistogram>>;
}

/** By name. */
export type Groups = Readonly<Record<string, Group>>;

/** As plain data. */
export type EncodedGroups = Readonly<
  Record<string, GroupCounts & { readonly histograms: Readonly<Record<GroupMetric, string>> }>
>;

/** Counts requests that belong together; one request may be in several groups. */
export class GroupRecorder {
  readonly #groups = new Map<string, GroupCounts & Pick<Group, 'histograms'>>();

  get groups(): Groups {
    return Object.fromEntries(this.#groups);
  }

  answered(name: string, request: CompletedRequest, metrics: RequestMetrics): void {
    const group = this.#group(name);
    group.completed += 1;
    group.outputTokens += outputTokensOf(request).tokens;
    const { promptTokens, cachedTokens } = request;
    if (promptTokens === null) group.promptTokens = null;
    else if (group.promptTokens !== null) group.promptTokens += promptTokens;
    if (cachedTokens !== null && promptTokens !== null) {
      group.cachedTokens = (group.cachedTokens ?? 0) + Math.min(cachedTokens.tokens, promptTokens);
    }
    for (const metric of groupMetrics) {
      const value = metrics[metric];
      if (value !== null) group.histograms[metric].record(value);
    }
  }

  /** The work that the server did for a request since the end of the warm-up. */
  served(name: string, requests: number, tokens: number): void {
    const group = this.#group(name);
    group.servedRequests += requests;
    group.servedTokens += tokens;
  }

  unanswered(name: string): void {
    this.#group(name).unanswered += 1;
  }

  #group(name: string): GroupCounts & Pick<Group, 'histograms'> {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = emptyGroup();
    this.#groups.set(name, group);
    return group;
  }
}

const noCounts: Readonly<GroupCounts> = {
  completed: 0,
  unanswered: 0,
  outputTokens: 0,
  servedRequests: 0,
  servedTokens: 0,
  promptTokens: 0,
  cachedTokens: null,
};

/** A group without requests. */
export function emptyGroup(): GroupCounts & Pick<Group, 'histograms'> {
  const histograms = { ttft: new LatencyHistogram(), tpot: new LatencyHistogram(), e2e: new LatencyHistogram() };
  return { ...noCounts, histograms };
}

/** The groups of several workers together. */
export function mergedGroups(parts: readonly Groups[]): ReadonlyMap<string, Group> {
  const names = new Set(parts.flatMap((part) => Object.keys(part)));
  return new Map(Array.from(names, (name) => [name, together(parts.flatMap((part) => part[name] ?? []))]));
}

function together(groups: readonly Group[]): Group {
  const merged = (metric: GroupMetric): LatencyHistogram =>
    LatencyHistogram.merged(groups.map(({ histograms }) => histograms[metric]));
  const sum: GroupCounts = { ...noCounts };
  for (const group of groups) {
    sum.completed += group.completed;
    sum.unanswered += group.unanswered;
    sum.outputTokens += group.outputTokens;
    sum.servedRequests += group.servedRequests;
    sum.servedTokens += group.servedTokens;
    sum.promptTokens =
      sum.promptTokens === null || group.promptTokens === null ? null : sum.promptTokens + group.promptTokens;
    if (group.cachedTokens !== null) sum.cachedTokens = (sum.cachedTokens ?? 0) + group.cachedTokens;
  }
  return { ...sum, histograms: { ttft: merged('ttft'), tpot: merged('tpot'), e2e: merged('e2e') } };
}

export function encodeGroups(groups: Groups): EncodedGroups {
  return Object.fromEntries(
    Object.entries(groups).map(([name, { histograms, ...counts }]) => {
      const { ttft, tpot, e2e } = histograms;
      return [name, { ...counts, histograms: { ttft: ttft.encode(), tpot: tpot.encode(), e2e: e2e.encode() } }];
    }),
  );
}

export function decodeGroups(groups: EncodedGroups): Groups {
  return Object.fromEntries(
    Object.entries(groups).map(([name, { histograms, ...counts }]) => {
      const decoded = (metric: GroupMetric): LatencyHistogram => LatencyHistogram.decode(histograms[metric]);
      return [name, { ...counts, histograms: { ttft: decoded('ttft'), tpot: decoded('tpot'), e2e: decoded('e2e') } }];
    }),
  );
}
