import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import type { ScriptedExchange, ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-rejections-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';

function good(exchange: ScriptedExchange): Promise<void> {
  return exchange.stream(token, 'data: [DONE]\n\n');
}

/** Says no to each request, in its own words. */
function no(status: string): (exchange: ScriptedExchange) => Promise<void> {
  const body = JSON.stringify({ error: { message: 'Not with me', code: 'nope' } });
  return (exchange) => exchange.answer(status, ['Content-Type: application/json'], body);
}

/** A server that answers the requests of a bench as the script says, by how many there were before. */
function serve(
  script: (exchange: ScriptedExchange, index: number) => void | Promise<void>,
): Promise<ScriptedHttpServer> {
  let requests = 0;
  return serveScript((exchange) => {
    if (routeOf(exchange) === 'POST /v1/chat/completions') return script(exchange, requests++);
    const isModels = routeOf(exchange) === 'GET /v1/models';
    return exchange.answer(isModels ? '200 OK' : '404 Not Found', [], JSON.stringify(modelList('me', 'm').body));
  });
}

/** A minute with prompts from a file, before which nothing is sent. */
function fromFile(): Partial<BenchOptions> {
  const path = join(folder, 'prompts.jsonl');
  writeFileSync(path, '{"prompt":"a"}\n{"prompt":"b"}\n');
  return { prompts: { type: 'file', path }, durationMs: 60_000, requests: null };
}

const refusal = (url: string, status: number): object => ({
  code: 'target_unreachable',
  message: `${url} rejects the requests of the bench (HTTP ${status}): Not with me.`,
});

describe('a server that rejects the first requests', () => {
  it.each(['400 Bad Request', '401 Unauthorized', '403 Forbidden', '404 Not Found', '422 Unprocessable Entity'])(
    'with %s ends the bench before a run',
    async (status) => {
      const { url, exchanges } = await serve(no(status));
      await expect(measure({ target: { type: 'url', url } })).rejects.toMatchObject(refusal(url, parseInt(status)));
      expect(exchanges.filter((exchange) => routeOf(exchange).startsWith('POST'))).toHaveLength(1);
    },
  );

  it.each([
    ['with prompts from a file', 1, {}],
    ['from several threads', 2, { load: { type: 'closed', concurrency: [8] } }],
    ['in the warm-up', 1, { warmupMs: 60_000 }],
    ['in an open loop', 1, { load: { type: 'open', rates: [50], arrival: 'constant' } }],
  ] as const)('ends the first run, %s', async (_name, workers, options) => {
    const { url } = await serve(no('404 Not Found'));
    const measured = measure({ target: { type: 'url', url }, workers, ...fromFile(), ...options });
    await expect(measured).rejects.toMatchObject(refusal(url, 404));
  });

  it('ends a run of fewer requests than it takes to be sure', async () => {
    const { url } = await serve(no('401 Unauthorized'));
    const measured = measure({ target: { type: 'url', url }, ...fromFile(), durationMs: null, requests: 2 });
    await expect(measured).rejects.toMatchObject(refusal(url, 401));
  });

  it('ends the bench as the second server too', async () => {
    const [candidate, baseline] = [await serve(good), await serve(no('403 Forbidden'))];
    const target = { type: 'url', url: candidate.url } as const;
    await expect(measure({ target, versus: baseline.url })).rejects.toMatchObject(refusal(baseline.url, 403));
    const { result, failure } = await measure({
      target,
      versus: baseline.url,
      ...fromFile(),
      durationMs: null,
      requests: 4,
    });
    expect(failure).toMatchObject(refusal(baseline.url, 403));
    expect(result.runs).toHaveLength(1);
  });
});

describe('a server that does not reject all of them', () => {
  it.each(['429 Too Many Requests', '503 Service Unavailable', '500 Internal Server Error'])(
    'is measured: it may get over %s',
    async (status) => {
      const { url } = await serve(no(status));
      const { result } = await measure({ target: { type: 'url', url } });
      expect(result.runs[0]?.requests.errors).toEqual({ nope: 4 });
      expect(result.warnings).toContainEqual(expect.stringMatching(/^Prompts may be longer .* failed: Not with me/));
    },
  );

  it('is measured if one prompt is bad', async () => {
    const { url } = await serve((exchange, index) => (index === 0 ? no('400 Bad Request')(exchange) : good(exchange)));
    const { result } = await measure({ target: { type: 'url', url }, ...fromFile(), durationMs: null, requests: 6 });
    expect(result.runs[0]?.requests).toMatchObject({ completed: 5, failed: 1 });
  });

  it('is measured if good answers take longer than many bad ones', async () => {
    const { url } = await serve(async (exchange, index) => {
      if (index !== 0) await no('400 Bad Request')(exchange);
      else setTimeout(() => void good(exchange), 1000);
    });
    const load = { type: 'closed', concurrency: [4] } as const;
    const { result } = await measure({
      target: { type: 'url', url },
      ...fromFile(),
      load,
      durationMs: null,
      requests: 12,
    });
    expect(result.runs[0]?.requests).toMatchObject({ completed: 1, failed: 11 });
  });
});
