import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BenchHooks } from '../../../src/core/bench/bench.js';
import type { BenchOptions, TargetOptions } from '../../../src/core/bench/plan/options.js';
import type { BenchProgress } from '../../../src/core/bench/run/progress.js';
import type { ScriptedExchange, ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-bench-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

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

/** The prompts that a server got, without the two that measure its tokenizer. */
function promptsTo(server: ScriptedHttpServer): readonly string[] {
  const prompts = server.exchanges.flatMap(({ body }) => /"content":"([^"]*)"/.exec(body)?.[1] ?? []);
  return prompts.filter((prompt) => ![4, 80].includes(prompt.split(' ').length));
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

  it('leaves older samples whole if nothing is measured, and replaces them otherwise', async () => {
    const samplesPath = join(folder, 'older.jsonl');
    writeFileSync(samplesPath, 'of yesterday\n');
    const dead = measure({ target: { type: 'url', url: 'http://127.0.0.1:9' }, samplesPath });
    await expect(dead).rejects.toMatchObject({ code: 'target_unreachable' });
    expect(readFileSync(samplesPath, 'utf8')).toBe('of yesterday\n');
    const server = await serveWords();
    await measure({ target: { type: 'url', url: server.url }, samplesPath });
    expect(readFileSync(samplesPath, 'utf8')).toMatch(/^\{"run":1,/);
  });

  it('includes whether both servers are the same, which is not even asked then', async () => {
    const server = await serveWords();
    const measured = measure({ target: { type: 'url', url: server.url }, versus: `${server.url}/v1/` });
    await expect(measured).rejects.toMatchObject({ code: 'usage' });
    expect(server.exchanges).toHaveLength(0);
  });

  it('includes what the caller asks of both servers, once they are known', async () => {
    const [candidate, baseline] = [await serveWords(), await serveWords()];
    const target = { type: 'url', url: candidate.url } as const;
    const onTargets: BenchHooks['onTargets'] = (one, other) => {
      throw new Error(`${one.url}, not ${String(other?.url)}`);
    };
    await expect(measure({ target, versus: baseline.url }, { onTargets })).rejects.toThrow(
      `${candidate.url}, not ${baseline.url}`,
    );
    expect([...candidate.exchanges, ...baseline.exchanges].map(routeOf).join()).not.toContain('POST');
    await expect(measure({ target }, { onTargets })).rejects.toThrow(`${candidate.url}, not undefined`);
  });
});

describe('the words of the prompts', () => {
  it('are others for another salt, which the result keeps', async () => {
    const server = await serveWords();
    const target = { type: 'url', url: server.url } as const;
    const { result } = await measure({ target, promptSalt: 1 });
    expect(result.plan).toMatchObject({ seed: 1, prompt_salt: 1 });
    await measure({ target, promptSalt: 2 });
    const prompts = promptsTo(server);
    expect(prompts).toHaveLength(8);
    expect(new Set(prompts).size).toBe(8);
  });

  it('are the same for both of two servers', async () => {
    const [candidate, baseline] = [await serveWords(), await serveWords()];
    const places: unknown[] = [];
    const target = { type: 'url', url: candidate.url } as const;
    await measure({ target, versus: baseline.url, promptSalt: 3 }, { onRun: (_, place) => places.push(place) });
    expect(promptsTo(candidate)).toHaveLength(4);
    expect(promptsTo(candidate)).toEqual(promptsTo(baseline));
    expect(places).toEqual([
      { run: 1, runs: 2, server: { role: 'candidate', url: candidate.url, isDuet: false } },
      { run: 2, runs: 2, server: { role: 'baseline', url: baseline.url, isDuet: false } },
    ]);
  });
});

describe('a server that compresses its streams', () => {
  it('is measured, which the result notes', async () => {
    const server = await serveScript(async (exchange) => {
      const isModels = routeOf(exchange) === 'GET /v1/models';
      if (!routeOf(exchange).startsWith('POST')) {
        await exchange.answer(isModels ? '200 OK' : '404 Not Found', [], JSON.stringify(modelList('me', 'm').body));
        return;
      }
      const body = gzipSync('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n');
      const head = ['HTTP/1.1 200 OK', 'Content-Encoding: gzip', `Content-Length: ${body.length}`, '', ''];
      await exchange.write(Buffer.concat([Buffer.from(head.join('\r\n')), body]));
    });
    const { result } = await measure({ target: { type: 'url', url: server.url } });
    expect(result.runs[0]).toMatchObject({ requests: { completed: 4 }, content_encoding: 'gzip' });
  });
});

describe('a file of prompts with a bad entry', () => {
  it('is used without it, which the result says', async () => {
    const path = join(folder, 'prompts.jsonl');
    writeFileSync(
      path,
      '{"prompt":"a"}\n{"prompt":null}\n{"messages":[{"role":"user","content":[{"type":"text","text":"b"}]}]}',
    );
    const server = await serveWords();
    const target = { type: 'url', url: server.url } as const;
    const { result } = await measure({ target, prompts: { type: 'file', path } });
    expect(result.runs[0]?.requests.completed).toBe(4);
    expect(result.warnings).toEqual([
      '1 of 3 entries of prompts.jsonl was left out: line 2 is not a prompt.',
      expect.stringMatching(/^The 2 prompts of the file were sent 2\.00 times on average, and the server does not say/),
    ]);
    expect(server.exchanges.map(({ body }) => body).join()).toContain('"content":[{"type":"text","text":"b"}]');
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
    writeFileSync(samplesPath, 'older');
    const server = await serveWords(() => {
      symlinkSync('/dev/full', `${samplesPath}.incomplete`);
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
    expect(readFileSync(samplesPath, 'utf8')).toBe('older');
    expect(samplesFailure).toMatchObject({
      code: 'output_failed',
      message: expect.stringMatching(
        /^Not all samples could be written to .*samples\.jsonl\.incomplete: the disk is full\.$/,
      ) as string,
    });
  });
});
