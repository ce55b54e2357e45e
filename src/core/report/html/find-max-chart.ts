import type { FindMaxPoint } from '../../measurement/find-max-schema.js';
import { significant, tickText, timeText } from '../../measurement/numbers.js';
import { parseObjective } from '../../measurement/objectives.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { findMaxTable } from '../bench/find-max.js';
import { Markup, markup } from './markup.js';
import { legend } from './row-charts.js';

const width = 960;
const height = 280;
const left = 80;
const right = 30;
const top = 16;
const bottom = 46;

/** The points of `--find-max` as a table, and for each promise its value by load; empty without a search. */
export function findMaxSection(result: BenchResult): Markup {
  const table = findMaxTable(result);
  const { find_max: found } = result;
  if (table === null || found === undefined) return new Markup('');
  const head = table.heading.map((each) => markup`<th scope="col">${each}</th>`);
  const rows = table.rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`);
  const promises = found.points[0]?.promises.map(({ promise }) => promise) ?? [];
  const unit = { rate: 'requests/s', concurrency: 'clients', 'max-concurrency': 'max-concurrency' }[found.by];
  return markup`<h2>Search for the highest load</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>
${promises.map((promise, index) => chart(promise, index, found.points, [found.lower, found.upper], unit))}`;
}

function chart(
  promise: string,
  index: number,
  points: readonly FindMaxPoint[],
  [lower, upper]: readonly [number | null, number | null],
  unit: string,
): Markup {
  const known = points.flatMap(({ load, promises }) => {
    const at = promises[index];
    const value = at?.value_ms ?? null;
    if (value === null || value <= 0) return [];
    return [{ load, value, from: at?.value_lower_ms ?? value, to: at?.value_upper_ms ?? value }];
  });
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || first.load === last.load) return new Markup('');
  const limit = parseObjective(promise).belowMs;
  const least = Math.min(limit, ...known.map(({ from }) => Math.max(from, 0.01))) / 1.2;
  const most = Math.max(limit, ...known.map(({ to }) => to)) * 1.2;
  const x = (load: number): number =>
    left + (Math.log(load / first.load) / Math.log(last.load / first.load)) * (width - left - right);
  const y = (ms: number): number =>
    height - bottom - (Math.log(Math.max(ms, least) / least) / Math.log(most / least)) * (height - top - bottom);
  const clipped = (load: number): number => x(Math.min(last.load, Math.max(first.load, load)));
  const band =
    lower === null || upper === null
      ? ''
      : markup`<rect class="ttft interval" x="${clipped(lower)}" y="${top}" width="${Math.max(1, clipped(upper) - clipped(lower))}" height="${height - top - bottom}"><title>95 % interval of the limit: ${significant(lower)} to ${significant(upper)}</title></rect>`;
  const line = new Markup(known.map(({ load, value }) => `${x(load).toFixed(1)},${y(value).toFixed(1)}`).join(' '));
  return markup`<figure>
<figcaption><h2>${promise} by load</h2><p>${legend('ttft', 'value, with its 95 % interval')} ${legend('queue', 'limit')} Band: 95 % interval of the highest load. Both axes are logarithmic.</p></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${promise} by load">
${band}
<line class="queue" x1="${left}" x2="${width - right}" y1="${y(limit)}" y2="${y(limit)}"/><text class="tick" x="${left - 8}" y="${y(limit) + 4}" text-anchor="end">${tickText(limit)}</text>
${[first, last].map(({ load }) => markup`<text class="tick" x="${x(load)}" y="${height - bottom + 18}" text-anchor="middle">${significant(load)}</text>`)}
<text class="tick" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${unit}</text>
<polyline class="tokens" points="${line}"/>
${known.map(({ load, value, from, to }) => markup`<line class="ttft" x1="${x(load)}" x2="${x(load)}" y1="${y(from)}" y2="${y(to)}"/><circle class="tokens" cx="${x(load)}" cy="${y(value)}" r="4"><title>${significant(load)} ${unit}: ${timeText(value)} (${timeText(from)} to ${timeText(to)})</title></circle>`)}
</svg></figure>`;
}
