import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { timeText } from '../../measurement/numbers.js';
import { totalMs, type Waterfall, type WaterfallPart, type Waterfalls, waterfallsOf } from '../bench/waterfall.js';
import { legend } from './density-chart.js';
import { Markup, markup } from './markup.js';
import { chartLabels } from './row-labels.js';

const width = 960;
const right = 90;
const rowHeight = 34;

const kinds = {
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
    const top = index * rowHeight + 4;
    return markup`<g><text class="label" x="${left - 14}" y="${top + 18}" text-anchor="end">${texts[index] ?? ''}</text>
${waterfall === null ? markup`<text class="tick" x="${left}" y="${top + 18}">queue wait not known</text>` : bar(waterfall, waterfalls, left, top)}</g>`;
  });
  return markup`<figure>
<figcaption><h2>Where TTFT goes</h2><p>${waterfalls.parts.map(({ part, name }) => legend(kinds[part], name))} Means, because they alone add up.</p></figcaption>
<svg viewBox="0 0 ${width} ${summaries.length * rowHeight + 8}" role="img" aria-label="Parts of the mean time to first token by setting">
${rows}
</svg></figure>`;
}

function bar(waterfall: Waterfall, { longestMs, parts }: Waterfalls, left: number, top: number): Markup {
  let x = left;
  const pieces = parts.map(({ part, name }) => {
    const ms = waterfall[part] ?? 0;
    const from = x;
    x += (ms / longestMs) * (width - left - right);
    return markup`<rect class="${kinds[part]}" x="${from}" y="${top}" width="${x - from}" height="${rowHeight - 10}"><title>${name}: ${timeText(ms)}</title></rect>`;
  });
  return markup`${pieces}<text class="tick" x="${x + 8}" y="${top + 17}">${timeText(totalMs(waterfall))}</text>`;
}
