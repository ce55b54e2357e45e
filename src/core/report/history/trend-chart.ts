import type { LevelChange } from '../../history/judge-series.js';
import type { Trend, TrendPoint, Trends } from '../../history/trend.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { valueText } from '../compare/words.js';
import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { Markup, markup } from '../text/markup.js';
import { axisAround } from './axis.js';
import { changeText, commitText, entryName, signedPercent, timeOfEntry } from './words.js';

const width = 720;
const left = 76;
const right = 24;
const headHeight = 58;
const panelHeight = 200;

/** Inside a panel: below its title, above the labels of the axis. */
const top = 44;
const bottom = 40;

const stylesheet = `
svg { --ink: #1c2024; --dim: #60646c; --paper: #ffffff; --rule: #e0e1e6; --line: #0b6bcb; --worse: #c62a2f; --better: #18794e; }
@media (prefers-color-scheme: dark) { svg { --ink: #edeef0; --dim: #b0b4ba; --paper: #111113; --rule: #363a3f; --line: #70b8ff; --worse: #ff9592; --better: #3dd68c; } }
.paper { fill: var(--paper); } text { font: 12px system-ui, sans-serif; fill: var(--dim); } .title { font-size: 14px; font-weight: 600; fill: var(--ink); }
.grid { stroke: var(--rule); } .values { fill: none; stroke: var(--line); stroke-width: 1.5; } circle { fill: var(--line); }
.level { stroke: var(--dim); stroke-width: 1.5; stroke-dasharray: 6 4; }
.worse { stroke: var(--worse); stroke-width: 1.5; } .better { stroke: var(--better); stroke-width: 1.5; }
text.worse { fill: var(--worse); stroke: none; font-weight: 600; } text.better { fill: var(--better); stroke: none; font-weight: 600; }
`;

/**
 * The trends as a picture, one panel below the other, that stands alone and adapts to light and dark backgrounds. Changes of
 * a level are vertical lines with their commits; dashed lines are the levels.
 */
export function trendChart({ entries, trends }: Trends): string {
  const newest = entries.at(-1);
  const items = newest === undefined ? [] : targetItems(newest.target);
  const [model = 'chatstream', ...server] = items;
  const height = headHeight + Math.max(1, trends.length) * panelHeight;
  const picture = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Development of ${String(trends.length)} figures over ${String(entries.length)} results">
<style>${new Markup(stylesheet)}</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="16" y="26">${shortened(model)}</text>
<text x="16" y="44">${shortened(server.join(' · '))}</text>
${trends.map((trend, index) => panel(trend, headHeight + index * panelHeight))}
</svg>
`;
  return picture.text;
}

function panel(trend: Trend, offset: number): Markup {
  const { settings, metric, points } = trend;
  const axis = axisAround(points.map(({ value }) => value));
  const [ceiling, floor] = [offset + top, offset + panelHeight - bottom];
  const y = (value: number): number => floor - ((value - axis.from) / (axis.to - axis.from)) * (floor - ceiling);
  const step = (width - left - right) / Math.max(1, points.length);
  const x = (index: number): number => left + (index + 0.5) * step;
  const line = points.map(({ value }, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const grid = axis.ticks.map(
    (tick) =>
      markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${valueText(tick, metric)}</text>`,
  );
  return markup`<g>
<text class="title" x="16" y="${offset + 18}">${metric.id}</text>
<text x="${width - right}" y="${offset + 18}" text-anchor="end">${wholeSettingText(settings)}</text>
${grid}
${labels(points, x, floor)}
${levels(points).map(({ first, end, level }) => markup`<line class="level" x1="${x(first) - step / 2}" x2="${x(end - 1) + step / 2}" y1="${y(level)}" y2="${y(level)}"/>`)}
<polyline class="values" points="${line}"/>
${points.map((point, index) => markup`<circle cx="${x(index)}" cy="${y(point.value)}" r="3.5"><title>${describe(point, valueText(point.value, metric))}</title></circle>`)}
${changeLines(trend, (index) => x(index) - step / 2, [ceiling, floor])}
</g>`;
}

function describe({ entry, ratio }: TrendPoint, value: string): string {
  const change = ratio === null ? '' : `, ${signedPercent(ratio)} against the median before`;
  return `${timeOfEntry(entry)} UTC, ${entryName(entry)}: ${value}${change}`;
}

interface ChangeLine {
  readonly change: LevelChange;
  readonly point: TrendPoint;
  readonly x: number;
  /** Where the line begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly labelY: number;
  readonly kind: 'worse' | 'better';
}

/** The lines between the last value of one level and the first of the next, with their labels in turns of two heights. */
function changeLines(
  { metric, points }: Trend,
  xOf: (index: number) => number,
  [ceiling, floor]: readonly [number, number],
): readonly Markup[] {
  const lines: ChangeLine[] = [];
  points.forEach((point, index) => {
    const { change } = point;
    if (change === null) return;
    const isWorse = change.change.ratio > 1 === (metric.type === 'latency');
    const labelY = ceiling - 4 + (lines.length % 2) * labelHeight;
    const kind = isWorse ? 'worse' : 'better';
    lines.push({ change, point, x: xOf(index), from: ceiling - 10, to: floor, labelY, kind });
  });
  return lines.map(changeLine);
}

/** Neighbouring labels that stand above each other do not overlap. */
const labelHeight = 15;

function changeLine({ change, point, x, from, to, labelY, kind }: ChangeLine): Markup {
  const name = commitText(point.entry) ?? timeOfEntry(point.entry).slice(0, 10);
  const [anchor, labelX] = x < width / 2 ? ['start', x + 4] : ['end', x - 4];
  return markup`<line class="${kind}" x1="${x}" x2="${x}" y1="${from}" y2="${to}"><title>${changeText(change.change)}</title></line><text class="${kind}" x="${labelX}" y="${labelY}" text-anchor="${anchor}">${name} ${signedPercent(change.change.ratio)}</text>`;
}

interface Level {
  readonly first: number;
  /** Behind the last point. */
  readonly end: number;
  readonly level: number;
}

/** The levels between the changes: geometric means, because changes are ratios. */
function levels(points: readonly TrendPoint[]): readonly Level[] {
  const starts = [0, ...points.flatMap(({ change }, index) => (change === null || index === 0 ? [] : [index]))];
  return starts.map((first, place) => {
    const end = starts[place + 1] ?? points.length;
    const values = points.slice(first, end).filter(({ value }) => value > 0);
    const level = Math.exp(values.reduce((sum, { value }) => sum + Math.log(value), 0) / Math.max(1, values.length));
    return { first, end, level: values.length === 0 ? 0 : level };
  });
}

/** Room for a commit or a date. */
const labelWidth = 76;

/** Date and commit below as many of the points as have room, the newest first. */
function labels(points: readonly TrendPoint[], x: (index: number) => number, floor: number): readonly Markup[] {
  const every = Math.ceil(labelWidth / (x(1) - x(0)));
  return points.flatMap(({ entry }, index) => {
    if ((points.length - 1 - index) % every !== 0) return [];
    const centre = x(index);
    return [
      markup`<text x="${centre}" y="${floor + 16}" text-anchor="middle">${timeOfEntry(entry).slice(0, 10)}</text><text x="${centre}" y="${floor + 30}" text-anchor="middle">${commitText(entry) ?? ''}</text>`,
    ];
  });
}

/** About as much as fits into the picture. */
function shortened(text: string): string {
  const line = oneLine(text);
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}
