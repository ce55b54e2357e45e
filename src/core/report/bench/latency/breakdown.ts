import { medianText } from '../../../measurement/latency/median.js';
import { orUnknown, percentText, significant, timeText, unknown, whole } from '../../../measurement/numbers.js';
import type { BenchResult, Run } from '../../../measurement/result-schema.js';
import {
  firstAndLater,
  type GroupSummary,
  jainIndexOf,
  tenantSummaries,
  turnSummaries,
} from '../../../measurement/settings/group-summary.js';
import type { Breakdown, LatenciesByGroup } from './breakdown-shape.js';
import { massesIn } from './masses.js';
import { type NamedSetting, namedSettings } from './named-settings.js';
import { stageBreakdown } from './stage-breakdown.js';

interface Row {
  readonly setting: NamedSetting;
  readonly group: GroupSummary;
}

/** Requests by what they belong to; none if there are no groups. */
export function breakdownsOf(result: BenchResult): readonly Breakdown[] {
  return [stageBreakdown(result), tenantBreakdown(result), turnBreakdown(result)].filter((each) => each !== null);
}

function turnBreakdown(result: BenchResult): Breakdown | null {
  const settings = namedSettings(result);
  const rows = settings.flatMap((setting) => turnSummaries(setting.trials).map((group) => ({ setting, group })));
  if (!rows.some(({ group }) => group.name !== '1')) return null;
  const sentences = settings.flatMap(({ text, trials }) => {
    const { first, later } = firstAndLater(trials);
    if (first === null || later === null || first.ttft.p50 === null || later.ttft.p50 === null) return [];
    const [before, after] = [first, later].map(({ ttft }) => medianText(ttft, timeText));
    const where = settings.length === 1 ? '' : ` at ${text}`;
    return [`Median TTFT${where}: ${before} for first turns, ${after} for later ones.`];
  });
  return tableOf('By turn of the conversation', 'turn', rows, sentences);
}

function tenantBreakdown(result: BenchResult): Breakdown | null {
  const settings = namedSettings(result);
  const rows = settings.flatMap((setting) => tenantSummaries(setting.trials).map((group) => ({ setting, group })));
  if (rows.length === 0) return null;
  const sentences = settings.flatMap(({ text, trials }) => {
    const index = jainIndexOf(trials);
    if (index === null) return [];
    const where = settings.length === 1 ? '' : ` at ${text}`;
    return [`Jain's fairness index of output tokens per second${where}: ${index.toFixed(3)} (1 is equal).`];
  });
  const latencies = settings.map((setting) =>
    latenciesByTenant(result, settings.length > 1 ? setting : null, setting.trials),
  );
  const drawn = latencies.filter(({ groups }) => groups.length > 0);
  return { ...tableOf('By tenant', 'tenant', rows, sentences), ...(drawn.length > 0 && { latencies: drawn }) };
}

/**
 * The latency that users of each tenant experience: to the first token, or to the whole answer if it arrives as one.
 */
function latenciesByTenant(
  { plan }: BenchResult,
  setting: NamedSetting | null,
  trials: readonly Run[],
): LatenciesByGroup {
  const isWhole = plan.streaming === false;
  const groups = tenantSummaries(trials).map((group) => ({
    name: group.name,
    masses: massesIn(isWhole ? group.e2eHistogram : group.ttftHistogram),
    figures: isWhole ? group.e2e : group.ttft,
  }));
  const title = isWhole ? 'E2E by tenant' : 'TTFT by tenant';
  const named = { setting: setting?.text ?? '', settingCell: setting?.cell ?? '' };
  return { title, ...named, groups: groups.filter(({ masses }) => masses.length > 0) };
}

function tableOf(title: string, what: string, rows: readonly Row[], sentences: readonly string[]): Breakdown {
  const isSweep = new Set(rows.map(({ setting }) => setting)).size > 1;
  // The least important come last, where a narrow terminal has no room for them.
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ...(isSweep ? [[rows[0]?.setting.heading ?? '', ({ setting }: Row) => setting.cell] as const] : []),
    [what, ({ group }) => group.name],
    ['requests', ({ group }) => whole(group.completed)],
    ['tokens/s', ({ group }) => orUnknown(group.tokensPerSecond, significant)],
    ['unanswered', ({ group }) => (group.unanswered === 0 ? unknown : whole(group.unanswered))],
    ['TTFT p50', ({ group }) => medianText(group.ttft, timeText)],
    ['TTFT p95', ({ group }) => orUnknown(group.ttft.p95, timeText)],
    ['tokens in', ({ group }) => orUnknown(perRequest(group.promptTokens, group), significant)],
    ['cached', ({ group }) => orUnknown(cachedShare(group), percentText)],
    ['out', ({ group }) => orUnknown(perRequest(group.outputTokens, group), significant)],
    ['TPOT p50', ({ group }) => medianText(group.tpot, timeText)],
    ['E2E p50', ({ group }) => medianText(group.e2e, timeText)],
  ];
  const known = columns.filter(([, cell]) => rows.some((row) => cell(row) !== unknown));
  return {
    title,
    heading: known.map(([name]) => name),
    names: isSweep ? 2 : 1,
    rows: rows.map((row) => known.map(([, cell]) => cell(row))),
    sentences,
  };
}

function perRequest(amount: number | null, { completed }: GroupSummary): number | null {
  return amount === null || amount === 0 || completed === 0 ? null : amount / completed;
}

function cachedShare({ cachedTokens, promptTokens }: GroupSummary): number | null {
  return cachedTokens === null || promptTokens === null || promptTokens === 0 ? null : cachedTokens / promptTokens;
}
