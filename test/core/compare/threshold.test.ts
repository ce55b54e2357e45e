import { describe, expect, it } from 'vitest';
import { parseThreshold, parseThresholds } from '../../../src/core/compare/threshold.js';

describe('a threshold', () => {
  it.each([
    ['ttft.p95>10%', 'ttft.p95', 1.1],
    [' ttft . p95 > 10 % ', 'ttft.p95', 1.1],
    ['e2e.p99.9>2.5%', 'e2e.p99.9', 1.025],
    ['e2e.p99_9>0%', 'e2e.p99.9', 1],
    ['chunk_gap.p50>100%', 'chunk_gap.p50', 2],
    ['output_tokens_per_second<5%', 'output_tokens_per_second', 0.95],
    ['success_rate<1%', 'success_rate', 0.99],
  ])('%s allows a ratio', (text, id, limit) => {
    const threshold = parseThreshold(text);
    expect(threshold.metric.id).toBe(id);
    expect(threshold.limit).toBeCloseTo(limit, 12);
  });

  it.each([
    ['ttft.p95<10%', /wrong direction/, /gets worse when it grows: ttft\.p95>10%/],
    ['goodput>5%', /wrong direction/, /falls, and the percentage is the loss: goodput<5%/],
    ['ttft.p95>=10%', /wrong direction/, /ttft\.p95>10%/],
    ['ttft.p95>10', /has no %/, /ttft\.p95>10%/],
    ['ttft>10%', /which percentile/, /ttft\.p95>10%/],
    ['ttft.p96>10%', /not measured/, /p50, p90, p95, p99, p99\.9/],
    ['goodput.p95<10%', /percentile of a rate/, /goodput<5%/],
    ['speed<10%', /does not name a metric/, /Latencies: ttft.*Rates: requests_per_second/],
    ['goodput<100%', /never be exceeded/, /less than 100 %/],
    ['ttft.p95', /cannot be read/, /ttft\.p95>10%/],
    ['', /cannot be read/, /ttft\.p95>10%/],
    ['ttft.p95>-10%', /cannot be read/, /ttft\.p95>10%/],
  ])('%j is refused, with what to write instead', (text, message, hint) => {
    expect(() => parseThreshold(text)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }) as Error,
    );
  });

  it('is refused for what the load generator alone does', () => {
    expect(() => parseThreshold('client_wait.p95>10%')).toThrow(
      'The threshold "client_wait.p95>10%" is about the load generator alone, which waits before it sends.',
    );
  });

  it('may be given once per metric', () => {
    expect(parseThresholds(['ttft.p95>10%', 'ttft.p50>10%'])).toHaveLength(2);
    expect(() => parseThresholds(['ttft.p95>10%', 'ttft.p95>20%'])).toThrow('ttft.p95 has two thresholds.');
  });
});
