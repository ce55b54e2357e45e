import { afterEach, expect, it, vi } from 'vitest';
import { optionsOf } from './parse-bench.js';

const both = ['--url', 'http://127.0.0.1:8001', '--versus', 'http://127.0.0.1:8000', '--duet'];

afterEach(() => {
  vi.unstubAllEnvs();
});

it('two servers are measured at the same time if that is asked for', async () => {
  expect(await optionsOf(...both)).toMatchObject({ duet: true });
  expect(await optionsOf(...both.slice(0, -1))).toMatchObject({ duet: false });
});

it.each([
  [['--workers', '2'], 'lateness affects both alike'],
  [['--abort-on', 'errors:10%'], 'measured alone'],
  [['--slo', 'ttft.p95<1s', '--enforce-slo'], 'only ratios count'],
  [['--agents', '2', '--cluster', 'nats://127.0.0.1:4222'], 'one server at a time'],
])('they are not if that makes no sense: %j', async (others, reason) => {
  await expect(optionsOf(...both, ...others)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(reason) as string,
  });
});

it.each([
  [{ CHATSTREAM_AGENTS: '2', CHATSTREAM_CLUSTER: 'nats://127.0.0.1:4222' }, '--agents'],
  [{ CHATSTREAM_ABORT_ON: 'errors:10%' }, '--abort-on'],
  [{ CHATSTREAM_SLO: 'ttft.p95<1s', CHATSTREAM_ENFORCE_SLO: 'true' }, '--enforce-slo'],
])('nor with a variable: %j', async (variables, flag) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  await expect(optionsOf(...both)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`${flag} cannot be combined with --duet`) as string,
    hint: expect.stringContaining(`unset CHATSTREAM_${flag.slice(2).replace('-', '_').toUpperCase()}`) as string,
  });
});

it('a variable that switches off says nothing against it', async () => {
  vi.stubEnv('CHATSTREAM_SLO', 'ttft.p95<1s');
  vi.stubEnv('CHATSTREAM_ENFORCE_SLO', 'false');
  expect(await optionsOf(...both)).toMatchObject({ duet: true });
});
