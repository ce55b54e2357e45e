import { expect, it } from 'vitest';
import { optionsOf } from './parse-bench.js';

const both = ['--url', 'http://127.0.0.1:8001', '--versus', 'http://127.0.0.1:8000', '--duet'];

it('two servers are measured at the same time if that is asked for', async () => {
  expect(await optionsOf(...both)).toMatchObject({ duet: true });
  expect(await optionsOf(...both.slice(0, -1))).toMatchObject({ duet: false });
});

it.each([
  [['--workers', '2'], 'late for both alike'],
  [['--abort-on', 'errors:10%'], 'measured alone'],
  [['--slo', 'ttft.p95<1s', '--enforce-slo'], 'only ratios count'],
  [['--agents', '2', '--cluster', 'nats://127.0.0.1:4222'], 'one server at a time'],
])('they are not if that makes no sense: %j', async (others, reason) => {
  await expect(optionsOf(...both, ...others)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(reason) as string,
  });
});
