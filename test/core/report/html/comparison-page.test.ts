import { expect, it } from 'vitest';
import { compare } from '../../../../src/core/compare/compare.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { comparisonHtml } from '../../../../src/core/report/html/comparison-page.js';
import { pair, resultOf } from '../../compare/sides.js';

it('the page of a comparison begins with the verdict, then draws intervals against limits and both distributions', async () => {
  const thresholds = parseThresholds(['ttft.p95>10%']);
  const html = await comparisonHtml(compare(pair(resultOf(1), resultOf(1.3)), { thresholds, allowed: [] }));
  const titles = Array.from(html.matchAll(/<figcaption><h2>(.*?)<\/h2>/g), ([, title = '']) => title);
  expect(titles).toEqual(
    expect.arrayContaining(['Intervals against their limits', 'Other figures, not judged', 'TTFT']),
  );
  expect(html).toMatch(/<p class="verdict regression"><strong>Regression: ttft\.p95 at .*<figure/s);
  expect(html).not.toMatch(/NaN/);
});

it('has no distributions of a setting at which a queue grew without end, and says why', async () => {
  const slope = { slope: 5, lower: 4, upper: 6 };
  const overload = { in_flight_per_second: slope, ttft_ms_per_second: slope };
  const candidate = resultOf(1.3, { beside: { overload } });
  const html = await comparisonHtml(compare(pair(resultOf(1), candidate), { thresholds: [], allowed: [] }));
  expect(html).toContain('the queue of the candidate grew without end');
  expect(html).not.toContain('<figcaption><h2>TTFT</h2>');
});
