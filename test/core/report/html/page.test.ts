import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult, type DescribedResult } from '../../../support/bench-result.js';
import { examples } from '../bench/examples.js';

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
    expect(html).toContain('Dots are single requests, where there are fewer than 20.');
    expect(html).toContain('<td>~38,896</td>');
    expect(await page(examples.sweep())).not.toContain('Dots are single requests');
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
