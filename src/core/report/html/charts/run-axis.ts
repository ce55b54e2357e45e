import type { Markish, PlotOptions } from '@observablehq/plot';
import type { StageFigures } from '../../../measurement/result-schema.js';
import type { PlotLibrary } from '../plot/draw.js';
import type { Layout, Panel } from '../plot/figure.js';

const panelHeight = { wide: 108, narrow: 96 } as const;

/** The options of a panel over the time of a run, with these marks. */
export type Axis = (marks: (layout: Layout) => readonly Markish[], more?: PlotOptions) => Panel['options'];

/** The same x axis for all panels of a run, with the borders of its stages. */
export function runAxis({ gridY, ruleX }: PlotLibrary, seconds: number, stages: readonly StageFigures[] = []): Axis {
  const borders = stages.map((stage) => stage.to_seconds).filter((border) => border < seconds);
  return (marks, more = {}) =>
    (layout) => ({
      height: panelHeight[layout.type],
      marginLeft: 52,
      marginTop: 10,
      marginBottom: 22,
      x: {
        domain: [0, seconds],
        ticks: layout.type === 'wide' ? 10 : 5,
        tickSize: 3,
        label: null,
        tickFormat: secondsText,
      },
      ...more,
      y: { zero: true, nice: true, ticks: 3, tickSize: 0, label: null, tickFormat: shortNumber, ...more.y },
      marks: [
        gridY({ ticks: 3, stroke: 'var(--rule)', strokeOpacity: 1 }),
        ruleX(borders, { stroke: 'var(--dim)', strokeDasharray: '1 3' }),
        ...marks(layout),
      ],
    });
}

function secondsText(seconds: number): string {
  return `${seconds} s`;
}

/** `1,200` as `1.2k`: there is little room beside a panel. */
export function shortNumber(value: number): string {
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(4)));
}
