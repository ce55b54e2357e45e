import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { afterAll, describe, expect, it } from 'vitest';
import { benchFlags } from '../../../../src/cli/bench/flags/flags.js';
import { benchFilesOf } from '../../../../src/cli/bench/options/files.js';
import { benchOptions } from '../../../../src/cli/bench/options/options.js';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import type { BenchOptions } from '../../../../src/core/bench/plan/options.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-workloads-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function optionsOf(...argv: readonly string[]): Promise<BenchOptions> {
  const parsed = await Parser.parse([...argv], { flags: benchFlags, strict: true });
  const origins = flagOrigins(parsed);
  const files = await benchFilesOf(parsed.flags, origins);
  return benchOptions(parsed.flags, origins, { root: '/package', version: '1.2.3' }, files);
}

const url = ['-u', 'http://127.0.0.1:9'];

describe('flags of conversations', () => {
  it('carry live answers with --turns, and with --live-answers', async () => {
    expect((await optionsOf(...url)).conversations).toMatchObject({ live: false });
    expect((await optionsOf(...url, '--turns', '5', '--think-time', '2s+-1s')).conversations).toEqual({
      turns: { type: 'fixed', tokens: 5 },
      thinkTime: { type: 'normal', mean: 2000, stddev: 1000 },
      live: true,
    });
    expect((await optionsOf(...url, '--prompts', 'p.jsonl', '--live-answers')).conversations.live).toBe(true);
  });

  it.each([
    ['--prompts', 'p.jsonl', '--turns', '3'],
    ['--live-answers'],
    ['--rate', '2', '--think-time', '1s'],
    ['--stages', '2@10s', '--think-time', '1s'],
    ['--find-max', 'ttft.p95<1s', '--turns', '3'],
  ])('are refused where they have no effect: %s %s %s %s', async (...argv) => {
    await expect(optionsOf(...url, ...argv)).rejects.toThrow();
  });
});

describe('--tenants', () => {
  const own = file('own.yaml', 'tenants: [{ name: a, key: sk-a, clients: 5 }, { name: b, clients: 2 }]');
  const shared = file('shared.yaml', 'tenants: [{ name: a, share: 9 }, { name: b }]');

  it('brings clients of its own, and asks the server with the first key', async () => {
    const { load, headers, tenants } = await optionsOf(...url, '--tenants', own);
    expect(load).toEqual({ type: 'closed', concurrency: [7] });
    expect(headers).toEqual({ authorization: 'Bearer sk-a' });
    expect(tenants.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await optionsOf(...url, '--tenants', own, '--api-key', 'k')).headers).toEqual({
      authorization: 'Bearer k',
    });
  });

  it('divides the load of the flags', async () => {
    expect((await optionsOf(...url, '--tenants', shared, '-c', '20')).load).toEqual({
      type: 'closed',
      concurrency: [20],
    });
    await expect(optionsOf(...url, '--tenants', shared, '-c', '4')).rejects.toThrow('b would have none');
    await expect(optionsOf(...url, '--tenants', own, '-c', '4')).rejects.toMatchObject({ code: 'usage' });
    expect((await optionsOf(...url, '--tenants', shared, '--ramp', '0-4/10s')).load).toMatchObject({ rates: [2] });
    await expect(optionsOf(...url, '--tenants', own, '--ramp', '0-4/10s')).rejects.toThrow('but --ramp is given');
  });
});

describe('--trace', () => {
  const csv = ['TIMESTAMP,ContextTokens,GeneratedTokens', '2023-11-16 18:15:40,10,5', '2023-11-16 18:15:50,10,50'];
  const path = file('azure.csv', csv.join('\n'));

  it('is replayed to its end, at the speed that is asked for', async () => {
    const options = await optionsOf(...url, '--trace', path, '--speed', '2');
    expect(options).toMatchObject({ warmupMs: 0, durationMs: 5001, extension: null, requests: null });
    expect(options.load).toMatchObject({ type: 'open', rates: [0.4] });
    expect(options.trace?.speed).toBe(2);
  });

  it('goes with a limit, with clients that leave and with probes', async () => {
    const also = ['--max-in-flight', '4', '--cancel', '10%@1s', '--probe-rate', '1', '--abort-on', 'errors'];
    expect(await optionsOf(...url, '--trace', path, ...also)).toMatchObject({
      load: { maxInFlight: 4 },
      cancel: { share: 0.1 },
      probeRate: 1,
    });
  });

  it('is cut by a duration', async () => {
    expect((await optionsOf(...url, '--trace', path, '-d', '3s')).trace?.trace.rows).toHaveLength(1);
  });

  it.each([
    ['--rate', '2'],
    ['-c', '2'],
    ['--turns', '2'],
    ['--warmup', '1h'],
    ['--input-tokens', '5'],
    ['--ramp', '0-4/10s'],
    ['--stages', '4@10s'],
    ['--abort-on', 'overload'],
  ])('contradicts %s %s', async (...argv) => {
    await expect(optionsOf(...url, '--trace', path, ...argv)).rejects.toThrow();
  });

  it('is what --speed is for', async () => {
    await expect(optionsOf(...url, '--speed', '2')).rejects.toMatchObject({ code: 'usage' });
  });
});
