import type { ScaleOptions } from '@observablehq/plot';
import { tickText } from '../../../measurement/numbers.js';
import { commonAxis, ticksOf } from '../../bench/latency/density.js';

/** A logarithmic axis between round times for these milliseconds, with few ticks. */
export function logTimeAxis(values: readonly number[]): {
  readonly scale: ScaleOptions;
  readonly ticks: readonly number[];
  /** Its ends, in milliseconds. */
  readonly ends: readonly [number, number];
} {
  const axis = commonAxis(
    values.filter((ms) => ms > 0).map((ms) => ({ fromMs: ms, upToMs: ms, count: 1 })),
    [],
  ) ?? { fromMs: 1, toMs: 1000, openBelow: false };
  const ticks = ticksOf({ ...axis, openBelow: false });
  return {
    ticks,
    ends: [axis.fromMs, axis.toMs],
    scale: {
      type: 'log',
      domain: [axis.fromMs, axis.toMs],
      ticks: [...ticks],
      tickFormat: tickText,
      tickSize: 0,
      label: null,
    },
  };
}
