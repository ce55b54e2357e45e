import { describe, expect, it } from 'vitest';
import { type BenchResult, resultSchema } from '../../src/core/measurement/result-schema.js';
import { parseAs } from '../support/parse-as.js';
import { runCli, startServer } from '../support/server-process.js';

const small = ['--output-tokens', '2', '--input-tokens', '8', '--warmup', '20ms', '--timeout', '20s'];

describe('bench --find-max', { timeout: 120_000 }, () => {
  it('searches a real server, keeps every measurement, and gives what is known when its time is over', async () => {
    const server = await startServer(['--engine', 'mock', '--mock-prefill', '20ms', '--mock-token', '1ms', '-n', '1']);
    const search = ['--find-max', 'ttft.p95<200ms', '--rate', '10', '-d', '300ms', '--max-duration', '6s'];
    const cli = await runCli(['bench', '--url', server.url, ...small, ...search, '--json']);
    const result: BenchResult = parseAs(resultSchema, JSON.parse(cli.stdout));
    expect(result.plan.find_max).toEqual({ promises: ['ttft.p95<200ms'], by: 'rate', precision: 0.05, start: 10 });
    expect(result.runs.length).toBeGreaterThan(1);
    expect(result.runs[0]?.settings).toEqual({ concurrency: null, max_concurrency: null, rate: 10 });
    const loads = result.find_max?.points.map(({ load }) => load) ?? [];
    expect(loads).toEqual(loads.toSorted((one, other) => one - other));
    expect(new Set(result.runs.map(({ settings }) => settings.rate))).toEqual(new Set(loads));
  });
});
