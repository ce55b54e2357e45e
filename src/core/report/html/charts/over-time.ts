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
  const objectives = objectivesOf(result);
  const limitOf = (metric: LatencyOverTime): readonly number[] =>
    objectives.flatMap((each) => (each.metric.startsWith(metric) ? [each.belowMs] : []));
  const shown: Shown = {
    stages,
    hasTokens: points.some(({ tokensPerSecond }) => tokensPerSecond > 0),
    hasQueues: points.some(({ running, waiting }) => running !== null || waiting !== null),
    hasFailures: points.some(({ failedPerSecond }) => failedPerSecond > 0),
    hasObjectives: objectives.length > 0,
  };
  const figure: Figure = {
    title: `Over the run: ${setting}`,
    label: `Throughput, requests in flight and latencies over the run at ${setting}`,
    caption: captionOf(shown),
    panels: [
      ...(shown.hasTokens ? [tokensPanel(plot, points, runs.length, axis)] : []),
      requestsPanel(plot, points, axis, shown),
      inFlightPanel(plot, points, axis, shown),
      ...latencyPanels(plot, timeline, axis, limitOf),
      ...gpuPanels(plot, points, axis),
    ],
    readings: points.map((point) => readingOf(point, timeline, shown)),
  };
  return figureMarkup(plot, figure);
}

/** What there is to show. */
interface Shown {
  readonly stages: readonly StageFigures[];
  readonly hasTokens: boolean;
  readonly hasQueues: boolean;
  readonly hasFailures: boolean;
  readonly hasObjectives: boolean;
}

function captionOf({ stages, hasQueues, hasFailures, hasObjectives }: Shown): readonly Markup[] {
  return [
    legendLine([
      key('work', 'completed, in flight'),
      key('other', hasQueues ? 'sent (dashed); running on the server' : 'sent (dashed)'),
      ...(hasQueues ? [key('wait', 'waiting on the server')] : []),
      ...(hasFailures ? [key('bad', 'unanswered')] : []),
      key('first', 'p50, middle 50 % and middle 90 % of the requests sent at that moment'),
      ...(hasObjectives ? [key('limit', 'objective')] : []),
    ]),
    markup`Seconds since the end of the warm-up. A run lasts until its last request has ended.`,
    ...(stages.length > 0 ? [markup`Dotted lines: where a stage ends.`] : []),
  ];
}

function tokensPanel(plot: PlotLibrary, points: readonly TimePoint[], trials: number, axis: Axis): Panel {
  const lines = trials > 1 ? ` (${plural(trials, 'trial')}: thin lines; mean: thick line)` : '';
  return {
    name: `Output tokens per second${lines}`,
    options: axis((layout) => throughput(plot, points, trials, layout)),
  };
}

function requestsPanel(
  plot: PlotLibrary,
  points: readonly TimePoint[],
  axis: Axis,
  { hasFailures }: Pick<Shown, 'hasFailures'>,
): Panel {
  return {
    name: 'Requests per second',
    options: axis(() => [
      plot.lineY(points, { x: 'seconds', y: 'sentPerSecond', stroke: 'var(--other)', strokeDasharray: '4 3' }),
      plot.lineY(points, { x: 'seconds', y: 'completedPerSecond', stroke: 'var(--work)', strokeWidth: 2 }),
      ...(hasFailures
        ? [plot.areaY(points, { x: 'seconds', y: 'failedPerSecond', fill: 'var(--bad)', fillOpacity: 0.8 })]
        : []),
      plot.ruleY([0], { stroke: 'var(--rule)' }),
    ]),
  };
}

function inFlightPanel(
  plot: PlotLibrary,
  points: readonly TimePoint[],
  axis: Axis,
  { hasQueues }: Pick<Shown, 'hasQueues'>,
): Panel {
  return {
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
  };
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

function readingOf(point: TimePoint, timeline: Timeline, { hasQueues, hasTokens, stages }: Shown): Reading {
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
