import { roughMark } from '../../measurement/median.js';
import { significant, tickText } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { sweptKey } from '../../measurement/sweep.js';
import { uslThroughput } from '../../statistics/usl.js';
import { Markup, markup } from './markup.js';
import { legend } from './row-charts.js';

const width = 960;
const height = 300;
const left = 70;
const right = 80;
const top = 16;
const bottom = 46;

interface Point {
  readonly n: number;
  readonly throughput: number;
  readonly e2eMs: number | null;
  /** The median of few requests. */
  readonly isRough: boolean;
}

/**
 * Throughput and end-to-end p50 over the swept setting, on a logarithmic axis, with the knee and the fitted law; empty with
 * fewer than two settings, or if something else varies, too.
 */
export function sweepChart({ sweep, plan }: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const points = pointsOf(summaries);
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2 || plan.loop === 'open') return new Markup('');
  const { usl, knee } = sweep;
  const fitted = usl === null ? [] : steps(first.n, last.n).map((n) => ({ n, value: uslThroughput(usl, n) }));
  const mostTokens =
    Math.max(...points.map(({ throughput }) => throughput), ...fitted.map(({ value }) => value)) * 1.05;
  const mostMs = Math.max(...points.map(({ e2eMs }) => e2eMs ?? 0)) * 1.05;
  const x = (n: number): number => left + (Math.log(n / first.n) / Math.log(last.n / first.n)) * (width - left - right);
  const y = (value: number, most: number): number =>
    height - bottom - (most === 0 ? 0 : value / most) * (height - top - bottom);
  const line = (values: readonly { readonly n: number; readonly value: number }[], most: number): Markup =>
    new Markup(values.map(({ n, value }) => `${x(n).toFixed(1)},${y(value, most).toFixed(1)}`).join(' '));
  const tokens = points.map(({ n, throughput }) => ({ n, value: throughput }));
  const times = points.flatMap(({ n, e2eMs, isRough }) => (e2eMs === null ? [] : [{ n, value: e2eMs, isRough }]));
  const dots = [
    ...tokens.map((each) => ({
      ...each,
      most: mostTokens,
      kind: 'tokens',
      text: `${significant(each.value)} tokens/s`,
    })),
    ...times.map((each) => ({
      ...each,
      most: mostMs,
      kind: each.isRough ? 'e2e rough' : 'e2e',
      text: `${each.isRough ? roughMark : ''}${tickText(each.value)}`,
    })),
  ];
  const name = sweptKey(summaries.map(({ settings }) => settings)) === 'concurrency' ? 'clients' : 'max-concurrency';
  return markup`<figure>
<figcaption><h2>Throughput and response time</h2><p>${legend('tokens', 'output tokens per second (left)')} ${legend('e2e', 'end to end, p50 (right)')} ${usl === null ? '' : legend('usl', 'Universal Scalability Law')} ${knee === null ? '' : legend('knee', 'knee')}</p></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Throughput and response time against ${name}">
${[0, 0.25, 0.5, 0.75, 1].map((share) => scale(share, mostTokens, mostMs, y(share, 1)))}
${points.map(({ n }) => markup`<text class="tick" x="${x(n)}" y="${height - bottom + 18}" text-anchor="middle">${String(n)}</text>`)}
<text class="tick" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${name}</text>
${knee === null ? '' : markup`<line class="knee" x1="${x(knee)}" x2="${x(knee)}" y1="${top}" y2="${height - bottom}"/>`}
${usl === null ? '' : markup`<polyline class="usl" points="${line(fitted, mostTokens)}"/>`}
<polyline class="tokens" points="${line(tokens, mostTokens)}"/>
<polyline class="e2e" points="${line(times, mostMs)}"/>
${dots.map(({ n, value, most, kind, text }) => markup`<circle class="${kind}" cx="${x(n)}" cy="${y(value, most)}" r="4"><title>${name} ${String(n)}: ${text}</title></circle>`)}
</svg></figure>`;
}

/** [] if a setting has no place on the axis, or two settings have the same. */
function pointsOf(summaries: readonly SettingSummary[]): readonly Point[] {
  const key = sweptKey(summaries.map(({ settings }) => settings));
  const points = summaries.flatMap(({ settings, rates, metrics }) => {
    const n = settings[key];
    if (n === null) return [];
    const { p50, p50_interval: interval } = metrics.e2e;
    return [{ n, throughput: rates.output_tokens_per_second, e2eMs: p50, isRough: interval !== undefined }];
  });
  const distinct = new Set(points.map(({ n }) => n)).size === summaries.length;
  return distinct ? points.sort((one, other) => one.n - other.n) : [];
}

/** Enough points for a smooth curve. */
function steps(from: number, to: number): readonly number[] {
  return Array.from({ length: 61 }, (_, index) => from * (to / from) ** (index / 60));
}

function scale(share: number, mostTokens: number, mostMs: number, y: number): Markup {
  const time = mostMs > 0 ? tickText(share * mostMs) : '';
  return markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/><text class="tick" x="${left - 8}" y="${y + 4}" text-anchor="end">${significant(share * mostTokens)}</text><text class="tick" x="${width - right + 8}" y="${y + 4}">${share === 0 ? '0' : time}</text>`;
}
