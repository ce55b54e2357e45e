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
