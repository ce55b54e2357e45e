import uPlot from 'uplot';
import { language } from '../i18n/language.js';
import type { Panel } from './panels.js';
import { tickLabels } from './tick-labels.js';

const minutes = 15;

interface Drawn {
  readonly panel: Panel;
  readonly restarts: readonly number[];
  /** Where its cursor is, in Unix seconds; undefined: it has none. */
  readonly cursorAt: number | undefined;
}

/**
 * A chart of the last 15 minutes in an element.
 * @param drawn - What it shows; asked again whenever it is drawn.
 * @param choose - Told which sample is pointed at; undefined when none is any more.
 */
export function newPlot(element: HTMLElement, drawn: () => Drawn, choose: (index: number | undefined) => void): uPlot {
  const style = styleOf(element);
  const { rem, colours } = style;
  const { lines } = drawn().panel;
  const made = new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [rem * 0.5, rem * 1.1, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: rem * 0.5 } },
      scales: {
        x: { time: true, range: (_plot, _least, last) => [last - minutes * 60, last] },
        y: { range: (_plot, _least, most) => [0, drawn().panel.most ?? roundUp(most, drawn().panel.unit ?? 1)] },
      },
      axes: axesOf(style, drawn),
      series: [{}, ...lines.map((line) => seriesOf(line, style))],
      hooks: {
        draw: [
          (plot) => {
            drawRestarts(plot, drawn().restarts, colours('--bad'));
            // New samples and another size move the times under the cursor.
            placeCursor(plot, drawn().cursorAt);
          },
        ],
      },
    },
    [[], ...lines.map(() => [])],
    element,
  );
  // Not the hook setCursor: uPlot calls it also for new samples, for another size and for a new chart. Its own listeners run
  // first, so that the cursor is where the pointer is.
  made.over.addEventListener('mousemove', () => {
    choose(made.cursor.idx ?? undefined);
  });
  made.over.addEventListener('mouseleave', () => {
    choose(undefined);
  });
  return made;
}

interface Style {
  /** In pixels. */
  readonly rem: number;
  /** The colour that a CSS variable has now. */
  readonly colours: (variable: string) => string;
}

function styleOf(element: HTMLElement): Style {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { rem, colours: colourReader(element) };
}

/** Times below, and three values on the left. */
function axesOf({ rem, colours }: Style, drawn: () => Drawn): uPlot.Axis[] {
  const axis = {
    stroke: colours('--ink-2'),
    // uPlot multiplies the size for dense screens, but only if it is a whole number.
    font: `${Math.round(rem * 0.6875)}px 'Inter Variable', sans-serif`,
    ticks: { show: false },
  };
  return [
    {
      ...axis,
      size: rem * 1.5,
      space: rem * 4.5,
      grid: { show: false },
      values: (_plot, ticks) => ticks.map(clock),
    },
    {
      ...axis,
      size: rem * 3.75,
      gap: rem * 0.375,
      grid: { stroke: colours('--line'), width: 1 },
      splits: (_plot, _index, least, most) => [least, (least + most) / 2, most],
      values: (_plot, ticks) => tickLabels(ticks, drawn().panel.format),
    },
  ];
}

function seriesOf({ colour, isFilled, isDashed }: Panel['lines'][number], { rem, colours }: Style): uPlot.Series {
  return {
    stroke: colours(colour),
    width: rem / 10,
    ...(isFilled === true ? { fill: colours(`${colour}-soft`) } : {}),
    ...(isDashed === true ? { dash: [rem * 0.25, rem * 0.2] } : {}),
    points: { show: true, size: rem * 0.25, fill: colours(colour), filter: lonely },
  };
}

/** @param at - In Unix seconds; undefined: the cursor is hidden. */
export function placeCursor(plot: uPlot, at: number | undefined): void {
  plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at, 'x'), top: 0 }, false);
}

/** A value without neighbours, in hours without requests, would make no line. */
function lonely({ data }: uPlot, seriesIndex: number): number[] {
  const values = data[seriesIndex] ?? [];
  const isThere = (index: number): boolean => values[index] !== null && values[index] !== undefined;
  return Array.from(values, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}

function drawRestarts(plot: uPlot, restarts: readonly number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  for (const at of restarts) {
    const x = Math.round(plot.valToPos(at, 'x', true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** 1, 2, 4, 6 or 10 times a power of ten of a unit: halves of it are easy to read. */
function roundUp(most: number | null, unit: number): number {
  if (most === null || most <= 0) return unit;
  const power = 10 ** Math.floor(Math.log10(most / unit)) * unit;
  return ([1, 2, 4, 6, 10].find((digit) => digit * power >= most) ?? 10) * power;
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(language.peek(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}

/** A canvas knows no variables: the browser computes the colour of an element that uses them. */
function colourReader(element: HTMLElement): (variable: string) => string {
  return (variable) => {
    const before = element.style.color;
    element.style.color = `var(${variable})`;
    const { color } = getComputedStyle(element);
    element.style.color = before;
    return color;
  };
}
