import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult, type DescribedResult } from '../../../support/bench-result.js';
import { around, tenantOf } from '../../../support/bench-result/tenants.js';
import { examples } from '../bench/examples.js';
import { searchOf } from '../bench/searches.js';

const pages = new Map<DescribedResult, Promise<string>>();

/** Made once: drawing takes a while. */
function page(example: DescribedResult): Promise<string> {
  const html = pages.get(example) ?? toHtml(example.result, example.summaries);
  pages.set(example, html);
  return html;
}

/** Without its data and its script, which are not markup. */
function markupOf(html: string): string {
  return html.replaceAll(/<script\b[^>]*>[^<]*(?:<(?!\/script)[^<]*)*<\/script>/g, '');
}

function picturesOf(html: string): readonly string[] {
  return html.match(/<svg.*?<\/svg>/gs) ?? [];
}

function titlesOf(html: string): readonly string[] {
  return Array.from(html.matchAll(/<figcaption><h2>(.*?)<\/h2>/g), ([, title = '']) => title);
}

/** With what its readings say. */
function figureOf(html: string, title: string): string {
  const figures = html.match(/<figure.*?<\/figure>/gs) ?? [];
  return figures.find((figure) => figure.includes(`<h2>${title}</h2>`)) ?? '';
}

/** Elements that are closed in another order than they were opened, or not at all. */
function unbalanced(html: string): readonly string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', rest = ''] of html.matchAll(/<(\/?)([a-z]\w*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) wrong.push(name);
    } else if (!rest.endsWith('/') && name !== 'meta') open.push(name);
  }
  return [...wrong, ...open];
}

describe('the HTML report', () => {
  it.each(Object.entries(examples))('is well formed, and draws only numbers: %s', async (_, example) => {
    const html = markupOf(await page(example()));
    expect(unbalanced(html)).toEqual([]);
    for (const picture of picturesOf(html)) expect(picture).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('needs nothing from anywhere, and runs no script but its own', async () => {
    const html = await page(examples.sweep());
    expect(markupOf(html)).not.toMatch(/<(link|img|iframe|object|embed)\b/);
    expect(markupOf(html)).not.toMatch(/\b(src|href|srcset|xlink:href)=|url\(|@import/);
    expect(html).toMatch(/default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[\w+/=]+'/);
  });

  it('names every cell of the tables of groups and of loads, for narrow screens', async () => {
    const tenants = [tenantOf('anna', around(100, 40)), tenantOf('ben', around(4000, 40))];
    const settings = [2, 4].map((maxConcurrency) => ({ maxConcurrency, beside: { tenants } }));
    const html = await page(benchResult({ settings }));
    expect(html).toMatch(
      /<td role="cell" class="title" data-name="max-concurrency">2<\/td>\s*<td role="cell" class="title" data-name="tenant">anna</,
    );
    expect(html).toMatch(/<td role="cell" class="named" data-name="TTFT p50">[\d.]+\sms</);
    const search = markupOf(await page(searchOf()));
    expect(search).toContain('<td role="cell" class="title" data-name="requests/s">8.00</td>');
    expect(search).toMatch(/<td role="cell" class="verdict" data-name="verdict">missed</);
    // What scrolls is in cards or in words, which wrap.
    for (const html of [search, await page(examples.sweep())]) {
      expect(markupOf(html)).not.toMatch(/class="scroll"><table(?! class="(?:cards|words))/);
    }
  });

  it('shows what the plan says of tenants', async () => {
    const workload = { workload: 'synthetic', output_tokens: '16', shared_prefix_tokens: 0 };
    const plan = { tenants: [{ name: 'anna', clients: 2, weight: 1, ...workload }] };
    const html = markupOf(await page(benchResult({ settings: [{}], plan })));
    expect(html).toContain(
      '<td>anna (clients 2, weight 1, workload synthetic, output_tokens 16, shared_prefix_tokens 0)</td>',
    );
  });

  it('draws the latencies of tenants, whose values can be read, at one setting first', async () => {
    const tenants = [tenantOf('anna', around(100, 40)), tenantOf('ben', around(4000, 40))];
    const one = await page(benchResult({ settings: [{ beside: { tenants } }] }));
    const figure = figureOf(one, 'TTFT by tenant');
    expect(picturesOf(figure)).toHaveLength(4);
    expect(figure).toContain('"values":[["anna","100 %"],["ben","0 %"]]');
    expect(one.indexOf('TTFT by tenant')).toBeGreaterThan(one.indexOf('<h2>By tenant</h2>'));
    const settings = [2, 4, 8].map((maxConcurrency) => ({ maxConcurrency, beside: { tenants } }));
    const several = await page(benchResult({ settings }));
    expect(titlesOf(several).filter((title) => title.includes('by tenant'))).toEqual([
      'TTFT by tenant at max-concurrency 2',
      'TTFT by tenant at max-concurrency 4',
      'TTFT by tenant at max-concurrency 8',
    ]);
    expect(several.match(/<summary>The same at the other settings<\/summary>/g)).toHaveLength(1);
    expect(unbalanced(markupOf(several))).toEqual([]);
    expect(titlesOf(await page(examples.sweep())).join()).not.toContain('by tenant');
  });

  it('draws many tenants in colours of their own, and those that share a colour with other lines', async () => {
    const tenants = Array.from({ length: 9 }, (_, index) => tenantOf(`tenant ${index}`, around(100 + 50 * index, 40)));
    const figure = figureOf(await page(benchResult({ settings: [{ beside: { tenants } }] })), 'TTFT by tenant');
    const colours = Array.from({ length: 9 }, (_, index) => `--s${index}:var(--g${index % 8})`).join(';');
    expect(figure).toContain(colours);
    // Its density and its curve, for wide and for narrow screens.
    expect(figure.match(/stroke-dasharray="7 3"/g)).toHaveLength(4);
  });

  it('draws each picture for wide and for narrow screens', async () => {
    const html = await page(examples.sweep());
    expect(titlesOf(html)).toEqual([
      'Throughput and latency by max-concurrency',
      'TTFT',
      'Queue wait',
      'Time per output token (TPOT)',
      'End to end',
      'Where TTFT goes',
    ]);
    expect(html.match(/class="layout wide"/g)).toHaveLength(6);
    expect(html.match(/class="layout narrow"/g)).toHaveLength(6);
    expect(html).toContain('>knee<');
    expect(html).toContain('Universal Scalability Law');
    expect(html).toContain('Recommended: max-concurrency 4');
  });

  it('shows few requests one by one', async () => {
    const html = await page(examples.few());
    expect(html).toContain('Dots are single requests');
    expect(html).toContain('data-name="TTFT p50, ms">~38,896</td>');
    expect(await page(examples.sweep())).not.toContain('Dots are single requests');
  });

  it('marks the medians of few requests in its pictures, with their interval', async () => {
    const html = await page(examples.few());
    expect(figureOf(html, 'TTFT')).toContain('~\u00a0median of fewer than 20 of them, the bar its 93\u00a0% interval.');
    // Of three settings in two widths, two have so few.
    expect(figureOf(html, 'TTFT').match(/>~[\d.]+ s</g)).toHaveLength(4);
    expect(figureOf(html, 'Throughput and latency by max-concurrency')).toContain(
      'Hollow dots: ~\u00a0median of fewer than 20 requests',
    );
    expect(figureOf(html, 'Throughput and latency by max-concurrency')).toMatch(/"TTFT p50","~38\.9 s \(.* – .*\)"/);
    expect(markupOf(await page(examples.sweep()))).not.toMatch(/>~|Hollow/);
  });

  it('draws nothing beside its axis, however short some waits were', async () => {
    const settings = [40_000, 0.01].map((queueWaitMs, index) => ({
      maxConcurrency: index + 1,
      completed: 8,
      queueWaitMs,
    }));
    const { result, summaries } = benchResult({ settings });
    const html = figureOf(await toHtml(result, summaries), 'Queue wait');
    const places = Array.from(html.matchAll(/<circle cx="([-\d.]+)"/g), ([, x]) => Number(x));
    expect(places.length).toBeGreaterThanOrEqual(32);
    // As wide as the names of the rows are on a narrow screen.
    expect(Math.min(...places)).toBeGreaterThanOrEqual(62);
  });

  it('marks the trials whose median is one of few requests', async () => {
    const settings = [10, 40].map((completed, index) => ({ maxConcurrency: index + 1, completed }));
    const { result, summaries } = benchResult({ settings, trials: 3 });
    const html = figureOf(await toHtml(result, summaries), 'Spread between trials');
    expect(html).toContain('Hollow dots: ~\u00a0median of fewer than 20 requests.');
    expect(html.match(/"its 95 % interval"/g)).toHaveLength(6);
  });

  it('draws no curve over one setting, or over two dimensions', async () => {
    for (const example of [examples.openLoop(), examples.grid()]) {
      expect(titlesOf(await page(example)).join()).not.toContain('Throughput and latency');
    }
  });

  it('draws nothing where nothing was measured', async () => {
    const html = await page(examples.nothing());
    expect(html).not.toContain('<svg');
    expect(html).toContain('No request was completed');
  });

  it('escapes whatever it was given', async () => {
    const evil = `</script><script>alert('&"')</script>`;
    const { result, summaries } = benchResult({
      settings: [{ errors: { [evil]: 1 }, examples: { [evil]: evil } }],
      target: { model: evil, server: evil, engine: evil, url: evil, settings: { [evil]: evil } },
      machine: { cpu: evil, os: evil, gpus: [evil] },
      plan: { workload: evil, slo: [], extra_body: { [evil]: evil } },
      warnings: [evil],
      sweep: { recommendation: { max_concurrency: null, concurrency: 8, reason: evil } },
    });
    const html = await toHtml({ ...result, command: evil }, summaries);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;');
  });
});
