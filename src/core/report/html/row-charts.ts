import { samplesNeeded } from '../../measurement/histogram.js';
import { confidencePercent, medianText } from '../../measurement/median.js';
import { orUnknown, tickText, timeRangeText, timeText } from '../../measurement/numbers.js';
import type { BenchResult, MetricFigures } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { headlineOf } from '../bench/columns.js';
import { commonAxis, densityOn, type LogAxis, positionOn, ticksOf } from '../bench/density.js';
import { areFew, type Mass, massesOf } from '../bench/masses.js';
import { chartLabels } from '../bench/row-labels.js';
import { totalMs, type Waterfall, type WaterfallPart, type Waterfalls, waterfallsOf } from '../bench/waterfall.js';
import { Markup, markup } from './markup.js';

const width = 960;
const right = 32;
const rowHeight = 76;

/** Height of each of the two shapes of a row, one above and one below the row's line. */
const shapeHeight = 33;
const bins = 120;

/** The position of the axis in the chart. */
interface Scale {
  readonly axis: LogAxis;
  readonly left: number;
  readonly width: number;
}

function xOf({ axis, left, width }: Scale, ms: number): number {
  return left + positionOn(axis, ms) * width;
}

/** TTFT and queue wait of every setting on either side of a line, all on one logarithmic axis; empty without samples. */
export function densityChart(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const headline = headlineOf(result);
  const ttft = summaries.map((summary) => massesOf(summary, headline.metric));
  const queueWait = summaries.map((summary) => massesOf(summary, 'queue_wait'));
  const axis = commonAxis(ttft.flat(), queueWait.flat());
  if (axis === null) return new Markup('');
  const { texts, left } = chartLabels(result, summaries);
  const scale = { axis, left, width: width - left - right };
  const height = summaries.length * rowHeight + 34;
  const rows = summaries.map((summary, index) => {
    const floor = index * rowHeight + rowHeight / 2 + 4;
    return markup`<g><text class="label" x="${left - 14}" y="${floor + 4}" text-anchor="end">${texts[index] ?? ''}</text>
<line class="floor" x1="${left}" x2="${width - right}" y1="${floor}" y2="${floor}"/>
${shape(ttft[index] ?? [], summary.metrics[headline.metric], scale, floor, 'ttft')}
${shape(queueWait[index] ?? [], summary.metrics.queue_wait, scale, floor, 'queue')}</g>`;
  });
  const hasDots = [...ttft, ...queueWait].some((masses) => masses.length > 0 && areFew(masses));
  const ticks = ticksOf(axis).map((tick, index) => {
    const x = xOf(scale, tick);
    const text = `${index === 0 && axis.openBelow ? '≤ ' : ''}${tickText(tick)}`;
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="6" y2="${height - 28}"/><text class="tick" x="${x}" y="${height - 10}" text-anchor="middle">${text}</text>`;
  });
  return markup`<figure>
<figcaption><h2>${headline.name} and queue wait</h2><p>${legend('ttft', `${headline.name} (above)`)} ${legend('queue', 'queue wait (below)')} Solid line: p50; dashed line: p95. Logarithmic axis; each shape is scaled to its own height.${hasDots ? ` Dots: single requests, where there are fewer than ${samplesNeeded(50)}; the band is the interval of their median.` : ''}</p></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Distributions of ${headline.name} and queue wait by setting">
${ticks}
${rows}
</svg></figure>`;
}

export function legend(kind: string, name: string): Markup {
  return markup`<span class="key ${kind}">${name}</span>`;
}

/** A distribution as a filled shape: TTFT above the line of its row, queue wait below it. */
function shape(
  masses: readonly Mass[],
  figures: MetricFigures,
  scale: Scale,
  floor: number,
  kind: 'ttft' | 'queue',
): Markup {
  const height = kind === 'ttft' ? -shapeHeight : shapeHeight;
  const counts = densityOn(scale.axis, masses, bins);
  const most = Math.max(...counts);
  if (most === 0) return new Markup('');
  const name = kind === 'queue' ? 'queue wait' : 'TTFT';
  const lines = markup`${line(figures.p50, scale, floor, height, `${kind} p50`)}${line(figures.p95, scale, floor, height, `${kind} p95`)}`;
  if (areFew(masses)) {
    return markup`${interval(figures, scale, floor, height, kind)}${dots(masses, scale, floor, height, kind)}${lines}`;
  }
  const step = scale.width / bins;
  const y = (count: number): string => (floor + (count / most) * height).toFixed(1);
  const path = counts.map((count) => `V${y(count)}h${step.toFixed(2)}`).join('');
  const title = `${name}: p50 ${medianText(figures, timeText)}, p95 ${orUnknown(figures.p95, timeText)}`;
  return markup`<path class="${kind}" d="M${scale.left} ${floor}${new Markup(path)}V${floor}Z"><title>${title}</title></path>${lines}`;
}

/** A dot for each sample; those that would cover each other are stacked. */
function dots(
  masses: readonly Mass[],
  scale: Scale,
  floor: number,
  height: number,
  kind: 'ttft' | 'queue',
): readonly Markup[] {
  const stacks = densityOn(scale.axis, masses, bins).map((count) => ({ count, placed: 0 }));
  return masses.flatMap(({ upToMs, count }) =>
    Array.from({ length: count }, () => {
      const at = positionOn(scale.axis, upToMs);
      const stack = stacks[Math.min(bins - 1, Math.floor(at * bins))] ?? { count: 1, placed: 0 };
      const rise = (stack.placed + 0.5) * (height / Math.max(4, stack.count));
      stack.placed += 1;
      return markup`<circle class="${kind}" cx="${xOf(scale, upToMs)}" cy="${floor + rise}" r="3.5"><title>${timeText(upToMs)}</title></circle>`;
    }),
  );
}

/** The interval of a rough median, as a band. */
function interval(
  { p50_interval: given }: MetricFigures,
  scale: Scale,
  floor: number,
  height: number,
  kind: 'ttft' | 'queue',
): Markup {
  if (given === undefined) return new Markup('');
  const { lower, upper } = given;
  const [from, to] = [xOf(scale, lower), xOf(scale, upper)];
  const title = `${confidencePercent([given])} % interval of the median: ${timeRangeText(lower, upper)}`;
  return markup`<rect class="${kind} interval" x="${from}" y="${Math.min(floor, floor + height)}" width="${Math.max(1, to - from)}" height="${shapeHeight}"><title>${title}</title></rect>`;
}

function line(ms: number | null, scale: Scale, floor: number, height: number, kind: string): Markup {
  if (ms === null) return new Markup('');
  const x = xOf(scale, ms);
  return markup`<line class="${kind}" x1="${x}" x2="${x}" y1="${floor}" y2="${floor + height}"/>`;
}

/** Room for the total next to the longest bar. */
const barRight = 90;
const barRowHeight = 34;

const partClasses = {
  'client wait': 'client',
  'queue wait': 'queue',
  prefill: 'prefill',
  delivery: 'delivery',
} as const satisfies Record<WaterfallPart, string>;

/** Mean TTFT as a stacked bar of its parts per setting; empty if they are not known. */
export function waterfallChart(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const waterfalls = waterfallsOf(summaries);
  if (waterfalls === null) return new Markup('');
  const { texts, left } = chartLabels(result, summaries);
  const rows = waterfalls.rows.map((waterfall, index) => {
    const top = index * barRowHeight + 4;
    return markup`<g><text class="label" x="${left - 14}" y="${top + 18}" text-anchor="end">${texts[index] ?? ''}</text>
${waterfall === null ? markup`<text class="tick" x="${left}" y="${top + 18}">queue wait not known</text>` : bar(waterfall, waterfalls, left, top)}</g>`;
  });
  return markup`<figure>
<figcaption><h2>Where TTFT goes</h2><p>${waterfalls.parts.map(({ part, name }) => legend(partClasses[part], name))} Means, because only means add up.</p></figcaption>
<svg viewBox="0 0 ${width} ${summaries.length * barRowHeight + 8}" role="img" aria-label="Parts of the mean time to first token by setting">
${rows}
</svg></figure>`;
}

function bar(waterfall: Waterfall, { longestMs, parts }: Waterfalls, left: number, top: number): Markup {
  let x = left;
  const pieces = parts.map(({ part, name }) => {
    const ms = waterfall[part] ?? 0;
    const from = x;
    x += (ms / longestMs) * (width - left - barRight);
    return markup`<rect class="${partClasses[part]}" x="${from}" y="${top}" width="${x - from}" height="${barRowHeight - 10}"><title>${name}: ${timeText(ms)}</title></rect>`;
  });
  return markup`${pieces}<text class="tick" x="${x + 8}" y="${top + 17}">${timeText(totalMs(waterfall))}</text>`;
}
