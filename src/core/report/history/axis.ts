/** A linear axis with round ticks. */
export interface LinearAxis {
  readonly from: number;
  readonly to: number;
  /** Within the axis, rising. */
  readonly ticks: readonly number[];
}

/** On an axis that showed a smaller part of its values than this, noise would look like change. */
const leastShare = 0.25;

/** Spaces between ticks, at most. */
const mostSteps = 5;

/**
 * An axis for values of 0 or more that leaves some room around them. It begins at 0 only if they are far apart.
 *
 * @param values at least one
 */
export function axisAround(values: readonly number[]): LinearAxis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // All zero: any axis does.
  const span = Math.max(most - least, most * leastShare) || 1;
  const middle = (least + most) / 2;
  const lowest = Math.max(0, middle - 0.6 * span);
  const step = roundStep((1.2 * span) / mostSteps);
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.ceil((middle + 0.6 * span) / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { from: ticks[0] ?? 0, to: ticks.at(-1) ?? 1, ticks };
}

/** The next larger of 1, 2, 5, 10, … (P. S. Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990). */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}
