import type { Markish, PlotOptions } from '@observablehq/plot';
import { formatBytes } from '../../../base/units.js';
import type { PlotLibrary } from '../plot/draw.js';
import type { Panel } from '../plot/figure.js';
import type { Axis } from './run-axis.js';
import type { TimePoint } from './timeline.js';

const gibibyte = 2 ** 30;

interface GpuValue {
  readonly gpu: number;
  readonly seconds: number;
  readonly value: number;
}

/** Use and memory of the GPUs over a run, a line for each; none where there were no readings. */
export function gpuPanels(plot: PlotLibrary, points: readonly TimePoint[], axis: Axis): readonly Panel[] {
  const use = valuesOf(points, ({ percent }) => percent);
  const memory = valuesOf(points, ({ bytes }) => (bytes === null ? null : bytes / gibibyte));
  return [
    ...panel(plot, 'GPU use, %', use, axis, { y: { domain: [0, 100] } }),
    ...panel(plot, 'GPU memory, GiB', memory, axis, {}),
  ];
}

/** What is read of the GPUs at one moment. */
export function gpuReadings({ gpus }: TimePoint): readonly (readonly [string, string])[] {
  return gpus.flatMap(({ percent, bytes }, gpu) => {
    const parts = [percent === null ? null : `${percent.toFixed(0)} %`, bytes === null ? null : formatBytes(bytes)];
    const text = parts.filter((part) => part !== null).join(', ');
    return text === '' ? [] : [[gpus.length === 1 ? 'GPU' : `GPU ${gpu}`, text] as const];
  });
}

function valuesOf(
  points: readonly TimePoint[],
  value: (gpu: TimePoint['gpus'][number]) => number | null,
): readonly GpuValue[] {
  return points.flatMap(({ seconds, gpus }) =>
    gpus.flatMap((gpu, index) => {
      const known = value(gpu);
      return known === null ? [] : [{ gpu: index, seconds, value: known }];
    }),
  );
}

function panel(
  plot: PlotLibrary,
  name: string,
  values: readonly GpuValue[],
  axis: Axis,
  options: PlotOptions,
): readonly Panel[] {
  if (values.length < 2) return [];
  const lasts = new Map(values.map((each) => [each.gpu, each]));
  const marks = (): readonly Markish[] => [
    plot.lineY(values, { x: 'seconds', y: 'value', z: 'gpu', stroke: 'var(--other)', strokeWidth: 1.5 }),
    // Several lines have their numbers at their ends: more would be hard to tell apart by colour.
    ...(lasts.size === 1
      ? []
      : [plot.text([...lasts.values()], { x: 'seconds', y: 'value', text: 'gpu', textAnchor: 'start', dx: 5 })]),
    plot.ruleY([0], { stroke: 'var(--rule)' }),
  ];
  return [{ name: lasts.size === 1 ? name : `${name}, by number of the GPU`, options: axis(marks, options) }];
}
