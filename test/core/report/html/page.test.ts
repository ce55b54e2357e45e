import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult, type DescribedResult } from '../../../support/bench-result.js';
import { examples } from '../bench/examples.js';

const pages = new Map<DescribedResult, string>();

/** Made once: reading whole histograms takes a while. */
function page(example: DescribedResult): string {
  const html = pages.get(example) ?? toHtml(example.result, example.summaries);
  pages.set(example, html);
  return html;
}

const voidElements = new Set(['meta', 'path', 'line', 'rect', 'circle', 'polyline']);

/** Elements that are closed in another order than they were opened, or not at all. */
function unbalanced(html: string): readonly string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', rest = ''] of html.matchAll(/<(\/?)([a-z]\w*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) wrong.push(name);
    } else if (!rest.endsWith('/') && name !== 'meta') open.push(name);
    else if (!voidElements.has(name)) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe('the HTML report', () => {
  it.each(Object.entries(examples))('is well formed: %s', (_, example) => {
    expect(unbalanced(page(example()))).toEqual([]);
  });

  it.each(Object.entries(examples))('has only numbers in its pictures: %s', (_, example) => {
    expect(page(example())).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it.each(Object.entries(examples))('needs nothing from anywhere, and no script: %s', (_, example) => {
    const html = page(example());
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed)\b/);
    expect(html).not.toMatch(/\b(src|href|srcset|xlink:href)=|url\(|@import/);
  });

  it('shows distributions, waterfall, and throughput with knee and fitted law', () => {
    const html = page(examples.sweep());
    expect(html.match(/<svg/g)).toHaveLength(3);
    expect(html.match(/<path class="ttft"/g)).toHaveLength(4);
    expect(html.match(/<path class="queue"/g)).toHaveLength(4);
    expect(html.match(/<line class="knee"/g)).toHaveLength(1);
    expect(html.match(/<polyline class="usl"/g)).toHaveLength(1);
    expect(html).toContain('Recommended: max-concurrency 4');
  });

  it('shows few requests one by one, with the interval of their median', () => {
    const html = page(examples.few());
    expect(html.match(/<circle class="ttft"/g)).toHaveLength(5 + 14);
    expect(html.match(/<rect class="ttft interval"/g)).toHaveLength(2);
    expect(html.match(/<path class="ttft"/g)).toHaveLength(1);
    expect(html.match(/<circle class="e2e rough"/g)).toHaveLength(2);
    expect(html).toContain('>93 % interval of the median: ');
    expect(html).toContain('<td>~38,896</td>');
    expect(page(examples.sweep())).not.toContain('Dots: single requests');
  });

  it('draws no curve over one setting, or over two dimensions', () => {
    expect(page(examples.openLoop())).not.toContain('<polyline');
    expect(page(examples.grid())).not.toContain('<polyline');
  });

  it('draws nothing where nothing was measured', () => {
    const html = page(examples.nothing());
    expect(html).not.toContain('<svg');
    expect(html).toContain('No request was completed');
  });

  it('suits light and dark', () => {
    expect(page(examples.sweep())).toContain('prefers-color-scheme: dark');
  });

  it('escapes whatever it was given', () => {
    const evil = `<script>alert('&"')</script>`;
    const html = page(
      benchResult({
        settings: [{ errors: { [evil]: 1 }, examples: { [evil]: evil } }],
        target: { model: evil, server: evil, engine: evil, url: evil, settings: { [evil]: evil } },
        machine: { cpu: evil, os: evil, gpus: [evil] },
        plan: { workload: evil, slo: [], extra_body: { [evil]: evil } },
        warnings: [evil],
        sweep: { recommendation: { max_concurrency: null, concurrency: 8, reason: evil } },
      }),
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;');
  });
});
