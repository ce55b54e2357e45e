import { formatDuration } from '../../../base/units.js';
import { medianText } from '../../../measurement/latency/median.js';
import { orUnknown, significant, timeText, unknown, whole } from '../../../measurement/numbers.js';
import type { BenchResult, MetricFigures } from '../../../measurement/result-schema.js';
import { stageSummaries, type StageSummary } from '../../../measurement/settings/stage-summary.js';
import { growing, growthText } from '../overload.js';
import type { Breakdown } from './breakdown-shape.js';
import { type NamedSetting, namedSettings } from './named-settings.js';

interface Row {
  readonly setting: NamedSetting;
  readonly stage: StageSummary;
}

/** The stages of a rate that changes, one row each; null if it stays the same. */
export function stageBreakdown(result: Pick<BenchResult, 'runs'>): Breakdown | null {
  const rows = rowsOf(result);
  if (rows.length === 0) return null;
  const isSweep = new Set(rows.map(({ setting }) => setting)).size > 1;
  const latency =
    (of: (stage: StageSummary) => MetricFigures, text: (figures: MetricFigures) => string) =>
    ({ stage }: Row): string =>
      stage.overload === null ? text(of(stage)) : growing;
  const p50 = (figures: MetricFigures): string => medianText(figures, timeText);
  const p95 = (figures: MetricFigures): string => orUnknown(figures.p95, timeText);
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ...(isSweep ? [[rows[0]?.setting.heading ?? '', ({ setting }: Row) => setting.cell] as const] : []),
    ['stage', ({ stage }) => String(stage.number)],
    ['requests/s', ({ stage }) => rateText(stage)],
    ['for', ({ stage: { stage } }) => formatDuration((stage.to_seconds - stage.from_seconds) * 1000)],
    ['sent', ({ stage }) => whole(stage.completed + stage.unanswered)],
    ['completed', ({ stage }) => whole(stage.completed)],
    ['failed', ({ stage }) => (stage.unanswered === 0 ? unknown : whole(stage.unanswered))],
    [
      'tokens/s',
      ({ stage }) => (stage.tokensPerSecond === 0 ? unknown : orUnknown(stage.tokensPerSecond, significant)),
    ],
    ['TTFT p50', latency(({ ttft }) => ttft, p50)],
    ['TTFT p95', latency(({ ttft }) => ttft, p95)],
    ['E2E p50', latency(({ e2e }) => e2e, p50)],
    ['E2E p95', latency(({ e2e }) => e2e, p95)],
  ];
  const known = columns.filter(([, cell]) => rows.some((row) => cell(row) !== unknown && cell(row) !== growing));
  const isGrowing = rows.some(({ stage }) => stage.overload !== null);
  return {
    title: 'By stage',
    heading: known.map(([name]) => name),
    names: isSweep ? 2 : 1,
    rows: rows.map((row) => known.map(([, cell]) => cell(row))),
    sentences: isGrowing ? [`${growing} grew as long as the stage took.`] : [],
  };
}

/** The headline for each stage in which the server could not follow. */
export function stageOverloadSentences(result: Pick<BenchResult, 'plan' | 'runs'>): readonly string[] {
  const rows = rowsOf(result);
  const isSweep = new Set(rows.map(({ setting }) => setting)).size > 1;
  return rows.flatMap(({ setting, stage }) => {
    if (stage.overload === null) return [];
    return (
      `The queue grew without end in stage ${stage.number}, at ${rateText(stage)} requests/s` +
      `${isSweep ? ` (${setting.text})` : ''}: ${growthText(stage.overload, result.plan)}.`
    );
  });
}

function rowsOf(result: Pick<BenchResult, 'runs'>): readonly Row[] {
  return namedSettings(result).flatMap((setting) =>
    stageSummaries(setting.trials).map((stage) => ({ setting, stage })),
  );
}

function rateText({ stage: { from_rate: from, to_rate: to } }: StageSummary): string {
  return from === to ? significant(from) : `${significant(from)}–${significant(to)}`;
}
