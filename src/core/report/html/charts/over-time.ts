import type { Markish } from '@observablehq/plot';
import { plural, significant, tickText, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, Run, StageFigures } from '../../../measurement/result-schema.js';
import { stageNumberAt } from '../../../measurement/settings/stage-summary.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { type Figure, figureMarkup, type Layout, type Panel, type Reading } from '../plot/figure.js';
import { gpuPanels, gpuReadings } from './gpus.js';
import { key, legendLine } from './legend.js';
import { objectivesOf } from './limits.js';
import { type Axis, runAxis } from './run-axis.js';
import { type LatencyOverTime, type TimeBand, type Timeline, timelineOf, type TimePoint } from './timeline.js';

/** The trials of a setting over time: throughput, requests in flight, latencies; empty without a series. */
export function overTimeFigure(
  plot: PlotLibrary,
  result: Pick<BenchResult, 'plan'>,
  setting: string,
  runs: readonly Run[],
): Markup {
  const timeline = timelineOf(runs);
  const last = timeline?.points.at(-1);
  if (timeline === null || last === undefined) return new Markup('');
  const { points } = timeline;
  const stages = runs.find((run) => run.stages !== undefined)?.stages ?? [];
  const axis = runAxis(plot, last.toSeconds, stages);
  const hasTokens = points.some(({ tokensPerSecond }) => tokensPerSecond > 0);
  const objectives = objectivesOf(result);
  const limitOf = (metric: LatencyOverTime): readonly number[] =>
    objectives.flatMap((each) => (each.metric.startsWith(metric) ? [each.belowMs] : []));
  const hasQueues = points.some(({ running, waiting }) => running !== null || waiting !== null);
  const hasFailures = points.some(({ failedPerSecond }) => failedPerSecond > 0);
  const panels: Panel[] = [
    ...(hasTokens
      ? [
          {
            name: `Output tokens per second${runs.length > 1 ? ` (${plural(runs.length, 'trial')}: thin lines; mean: thick line)` : ''}`,
            options: axis((layout) => throughput(plot, points, runs.length, layout)),
          },
        ]
      : []),
    {
      name: `Requests per second`,
      options: axis(() => [
        plot.lineY(points, { x: 'seconds', y: 'sentPerSecond', stroke: 'var(--other)', strokeDasharray: '4 3' }),
        plot.lineY(points, { x: 'seconds', y: 'completedPerSecond', stroke: 'var(--work)', strokeWidth: 2 }),
        ...(hasFailures
          ? [plot.areaY(points, { x: 'seconds', y: 'failedPerSecond', fill: 'var(--bad)', fillOpacity: 0.8 })]
          : []),
        plot.ruleY([0], { stroke: 'var(--rule)' }),
      ]),
    },
    {
      name: 'Requests in flight',
      options: axis(() => [
        plot.lineY(points, { x: 'seconds', y: 'inFlight', stroke: 'var(--work)', strokeWidth: 2 }),
        ...(hasQueues
          ? [
              plot.areaY(points, { x: 'seconds', y: 'waiting', fill: 'var(--wait)', fillOpacity: 0.3 }),
              plot.lineY(points, { x: 'seconds', y: 'waiting', stroke: 'var(--wait)', strokeWidth: 1.5 }),
              plot.lineY(points, { x: 'seconds', y: 'running', stroke: 'var(--other)', strokeWidth: 1.5 }),
            ]
          : []),
        plot.ruleY([0], { stroke: 'var(--rule)' }),
      ]),
    },
    ...latencyPanels(plot, timeline, axis, limitOf),
    ...gpuPanels(plot, points, axis),
  ];
  const figure: Figure = {
    title: `Over the run: ${setting}`,
    label: `Throughput, requests in flight and latencies over the run at ${setting}`,
    caption: [
      legendLine([
        key('work', 'completed, in flight'),
        key('other', hasQueues ? 'sent (dashed); running on the server' : 'sent (dashed)'),
        ...(hasQueues ? [key('wait', 'waiting on the server')] : []),
        ...(hasFailures ? [key('bad', 'unanswered')] : []),
        key('first', 'p50, middle 50 % and middle 90 % of the requests sent at that moment'),
        ...(objectives.length > 0 ? [key('limit', 'objective')] : []),
      ]),
      markup`Seconds since the end of the warm-up. A run lasts until its last request has ended.`,
      ...(stages.length > 0 ? [markup`Dotted lines: where a stage ends.`] : []),
    ],
    panels,
    readings: points.map((point) => readingOf(point, timeline, { hasQueues, hasTokens, stages })),
  };
  return figureMarkup(plot, figure);
}

function throughput(
  plot: PlotLibrary,
  points: readonly TimePoint[],
  trials: number,
  layout: Layout,
): readonly Markish[] {
  const single = Array.from({ length: trials > 1 && layout.type === 'wide' ? trials : 0 }, (_, trial) =>
    plot.lineY(points, {
      x: 'seconds',
      y: ({ trials: each }: TimePoint) => each[trial] ?? NaN,
      stroke: 'var(--work)',
      strokeOpacity: 0.35,
      strokeWidth: 1,
    }),
  );
  return [
    ...(trials === 1
      ? [plot.areaY(points, { x: 'seconds', y: 'tokensPerSecond', fill: 'var(--work)', fillOpacity: 0.15 })]
      : []),
    ...single,
    plot.lineY(points, { x: 'seconds', y: 'tokensPerSecond', stroke: 'var(--work)', strokeWidth: 2 }),
    plot.ruleY([0], { stroke: 'var(--rule)' }),
  ];
}

function latencyPanels(
  plot: PlotLibrary,
  timeline: Timeline,
  axis: Axis,
  limitOf: (metric: LatencyOverTime) => readonly number[],
): readonly Panel[] {
  const names = { ttft: 'Time to first token', tpot: 'Time per output token', e2e: 'End to end' } as const;
  return (['ttft', 'tpot', 'e2e'] as const).flatMap((metric) => {
    const bands = timeline[metric];
    if (bands.length < 2) return [];
    const most = Math.max(...bands.map(({ p95 }) => p95));
    // A limit that is far away would squeeze the values at the bottom.
    const limits = limitOf(metric).filter((ms) => ms < most * 3);
    return [
      {
        name: names[metric],
        options: axis(
          () => [
            plot.areaY(bands, { x: 'seconds', y1: 'p5', y2: 'p95', fill: 'var(--first)', fillOpacity: 0.18 }),
            plot.areaY(bands, { x: 'seconds', y1: 'p25', y2: 'p75', fill: 'var(--first)', fillOpacity: 0.28 }),
            plot.lineY(bands, { x: 'seconds', y: 'p50', stroke: 'var(--first)', strokeWidth: 2 }),
            plot.ruleY(limits, { stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 }),
            plot.ruleY([0], { stroke: 'var(--rule)' }),
          ],
          {
            y: {
              tickFormat: (ms: number) => (ms === 0 ? '0' : tickText(ms)),
              ...(limits.length === 0 ? {} : { domain: [0, Math.max(most, ...limits) * 1.05] }),
            },
          },
        ),
      },
    ];
  });
}

function readingOf(
  point: TimePoint,
  timeline: Timeline,
  {
    hasQueues,
    hasTokens,
    stages,
  }: { readonly hasQueues: boolean; readonly hasTokens: boolean; readonly stages: readonly StageFigures[] },
): Reading {
  const stage = stageNumberAt(stages, point.seconds);
  const bandAt = (bands: readonly TimeBand[]): TimeBand | undefined =>
    bands.find(({ fromSeconds, toSeconds }) => fromSeconds <= point.seconds && point.seconds < toSeconds);
  const latency = (name: string, band: TimeBand | undefined): readonly (readonly [string, string])[] =>
    band === undefined
      ? []
      : [
          [`${name} p50`, timeText(band.p50)],
          [`${name} 5–95 %`, `${timeText(band.p5)} – ${timeText(band.p95)}`],
        ];
  const queue = (value: number | null): string => (value === null ? '–' : significant(value));
  return {
    x: point.seconds,
    heading: `${significant(point.fromSeconds)}–${significant(point.toSeconds)} s`,
    values: [
      ...(stage === null ? [] : [['stage', String(stage)] as const]),
      ...(hasTokens ? [['tokens/s', significant(point.tokensPerSecond)] as const] : []),
      ['sent/s', significant(point.sentPerSecond)],
      ['completed/s', significant(point.completedPerSecond)],
      ...(point.failedPerSecond > 0 ? [['unanswered/s', significant(point.failedPerSecond)] as const] : []),
      ['in flight', significant(point.inFlight)],
      ...(hasQueues
        ? ([
            ['running', queue(point.running)],
            ['waiting', queue(point.waiting)],
          ] as const)
        : []),
      ...latency('TTFT', bandAt(timeline.ttft)),
      ...latency('TPOT', bandAt(timeline.tpot)),
      ...latency('E2E', bandAt(timeline.e2e)),
      ...gpuReadings(point),
    ],
  };
}
