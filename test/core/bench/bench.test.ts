import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bench, type BenchHooks, type BenchReport } from '../../../src/core/bench/bench.js';
import type { BenchProgress } from '../../../src/core/bench/measure-run.js';
import type { BenchOptions, TargetOptions } from '../../../src/core/bench/plan/options.js';
import type { ScriptedExchange, ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { benchOptionsOf } from './options.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-bench-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function measure(
  options: Pick<BenchOptions, 'target'> & Partial<BenchOptions>,
  hooks: Partial<BenchHooks> = {},
): Promise<BenchReport> {
  return bench(benchOptionsOf(options), {
    signal: new AbortController().signal,
    onServerStart: () => undefined,
    onServerLog: () => undefined,
    onProgress: () => undefined,
    onRun: () => undefined,
    ...hooks,
  });
}

/**
 * A server that streams three words, after a while. `onModels` is called when it is asked for its models, which comes
 * first.
 */
function serveWords(onModels: () => void = () => undefined, afterMs = 0): Promise<ScriptedHttpServer> {
  return serveScript(async (exchange: ScriptedExchange) => {
    const route = routeOf(exchange).replace(/\?.*$/, '');
    if (route === 'POST /v1/chat/completions') {
      const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
      await delay(afterMs);
      await exchange.stream(token, token, token, 'data: [DONE]\n\n');
    } else if (route === 'GET /v1/models') {
      onModels();
      await exchange.answer('200 OK', [], JSON.stringify(modelList('me', 'parrot').body));
    } else await exchange.answer('404 Not Found', [], '');
  });
}

const hasFullDisk = existsSync('/dev/full');

describe('what can be checked beforehand', () => {
  it.each<[string, () => Partial<BenchOptions>, string]>([
    ['prompts that are missing', () => ({ prompts: { type: 'file', path: join(folder, 'missing.jsonl') } }), 'usage'],
    ['samples in a folder that does not exist', () => ({ samplesPath: join(folder, 'no', 'samples.jsonl') }), 'usage'],
    ['a second server without a first', () => ({ versus: 'http://127.0.0.1:9' }), 'usage'],
  ])('is checked before a server is started: %s', async (_name, options, code) => {
    const marker = join(folder, 'started');
    const command = [process.execPath, '-e', `fs.writeFileSync(${JSON.stringify(marker)}, '')`];
    const target: TargetOptions = { type: 'own', command, serverFlags: {} };
    const hooks = {
      onServerStart: () => {
        writeFileSync(marker, '');
      },
    };
    await expect(measure({ target, ...options() }, hooks)).rejects.toMatchObject({ code });
    expect(existsSync(marker)).toBe(false);
  });

  it.runIf(hasFullDisk)('includes whether the disk for the samples is full', async () => {
    const server = await serveWords();
    const measured = measure({ target: { type: 'url', url: server.url }, samplesPath: '/dev/full' });
    await expect(measured).rejects.toMatchObject({ code: 'output_failed' });
    expect(server.exchanges).toHaveLength(0);
  });

  it('includes whether both servers are the same, which is not even asked then', async () => {
    const server = await serveWords();
    const measured = measure({ target: { type: 'url', url: server.url }, versus: `${server.url}/v1/` });
    await expect(measured).rejects.toMatchObject({ code: 'usage' });
    expect(server.exchanges).toHaveLength(0);
  });
});

describe('a server too slow for the planned duration', () => {
  it('is measured for longer, and the progress and the result say so', async () => {
    const server = await serveWords(() => undefined, 150);
    const progress: BenchProgress[] = [];
    const { result } = await measure(
      {
        target: { type: 'url', url: server.url },
        ...{ requests: null, durationMs: 1, extension: { requests: 6, longestMs: 60_000 } },
      },
      { onProgress: (each) => progress.push(each) },
    );
    expect(result.plan).toMatchObject({ duration_ms: 1, least_requests: 6, longest_ms: 60_000 });
    expect(result.runs[0]?.requests.completed).toBe(6);
    expect(result.runs[0]?.window.extended_seconds).toBeGreaterThan(0.5);
    expect(result.runs[0]?.metrics.ttft).toMatchObject({ count: 6, p50: expect.any(Number) as number });
    expect(result.runs[0]?.metrics.ttft).toHaveProperty('p50_interval');
    expect(progress).toContainEqual(
      expect.objectContaining({ status: 'extending', leastRequests: 6, plannedMs: 60_000, isP50Rough: true }),
    );
  });
});

describe('a server whose URL holds a key', () => {
  it('gets the key with every request, and the result does not show it', async () => {
    const server = await serveWords();
    const shown: string[] = [];
    const hooks: Partial<BenchHooks> = {
      onProgress: (progress) => shown.push(JSON.stringify(progress)),
      onRun: (run) => shown.push(JSON.stringify(run)),
    };
    const report = await measure({ target: { type: 'url', url: `${server.url}/v1?api-key=hush` } }, hooks);
    expect(report.result.runs[0]?.requests).toMatchObject({ completed: 4, failed: 0 });
    expect(report.result.target.url).toBe(server.url);
    expect(server.exchanges.length).toBeGreaterThan(4);
    for (const exchange of server.exchanges) expect(routeOf(exchange)).toContain('?api-key=hush');
    expect(JSON.stringify(report) + shown.join('')).not.toContain('hush');
  });

  it('does not show it in errors either', async () => {
    const server = await serveScript(async (exchange) => {
      await exchange.answer('302 Found', ['Location: /elsewhere?api-key=hush'], '');
    });
    const error = await measure({ target: { type: 'url', url: `${server.url}/?api-key=hush` } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('/elsewhere.') as string,
    });
    expect(JSON.stringify([error, String(error)])).not.toContain('hush');
  });
});

describe.runIf(hasFullDisk)('a disk that gets full while samples are written', () => {
  it.each([1, 2])('is reported, and the measurement is kept, with %d threads', async (workers) => {
    const samplesPath = join(folder, 'samples.jsonl');
    const server = await serveWords(() => {
      rmSync(samplesPath);
      symlinkSync('/dev/full', samplesPath);
    });
    const options = { target: { type: 'url', url: server.url }, samplesPath, workers, trials: 2 } as const;
    const { result, summaries, failure, samplesFailure } = await measure({
      ...options,
      load: { type: 'closed', concurrency: [2] },
    });
    expect(result.runs.map(({ requests }) => requests.completed)).toEqual([4, 4]);
    expect(result.interrupted).toBe(false);
    expect(summaries[0]?.metrics.ttft.count).toBe(8);
    expect(failure).toBeNull();
    expect(samplesFailure).toMatchObject({
      code: 'output_failed',
      message: expect.stringMatching(/^Not all samples could be written to .*samples\.jsonl: ENOSPC/) as string,
    });
  });
});
