import { describe, expect, it } from 'vitest';
import type { BenchReport } from '../../../src/core/bench/bench.js';
import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import type { AnswerForm, Endpoint } from '../../../src/core/measurement/workload/endpoints.js';
import { columnsOf, headlineOf } from '../../../src/core/report/bench/columns.js';
import { renderReport } from '../../../src/core/report/bench/formats/terminal.js';
import type { ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

const json = ['Content-Type: application/json'];
const timings = { queue_ms: 1, prefill_ms: 1, decode_ms: 1 };

const sse = (...events: readonly object[]): readonly string[] =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`);

const responsesUsage = { input_tokens: 9, output_tokens: 2 };
const streams: Readonly<Record<string, readonly string[]>> = {
  '/v1/completions': [
    ...sse({ choices: [{ text: 'a' }] }, { choices: [{ text: 'b', finish_reason: 'length' }] }),
    ...sse({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 }, timings }),
    'data: [DONE]\n\n',
  ],
  '/v1/responses': sse(
    { type: 'response.output_text.delta', delta: 'a' },
    { type: 'response.output_text.delta', delta: 'b' },
    { type: 'response.completed', response: { status: 'completed', usage: responsesUsage, timings } },
  ),
  '/v1/messages': sse(
    { type: 'message_start', message: { usage: { input_tokens: 9, output_tokens: 0 } } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'b' } },
    { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 2 }, timings },
    { type: 'message_stop' },
  ),
};
const bodies: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    choices: [{ message: { content: 'ab' }, finish_reason: 'length' }],
    usage: { prompt_tokens: 9, completion_tokens: 2 },
    timings,
  },
  '/v1/embeddings': { data: [{ embedding: [1, 2] }], usage: { prompt_tokens: 9 }, timings },
};

/** A server with all of these routes. */
async function server(): Promise<ScriptedHttpServer> {
  return await serveScript(async (exchange) => {
    const [, path = ''] = routeOf(exchange).split(' ');
    const stream = streams[path];
    if (path === '/v1/models') await exchange.answer('200 OK', json, JSON.stringify(modelList('me', 'm').body));
    else if (stream !== undefined) await exchange.stream(...stream);
    else if (bodies[path] !== undefined) await exchange.answer('200 OK', json, JSON.stringify(bodies[path]));
    else await exchange.answer('404 Not Found', [], '');
  });
}

async function measured(
  form: AnswerForm,
  options: Partial<BenchOptions> = {},
): Promise<BenchReport & { readonly sent: readonly string[] }> {
  const { url, exchanges } = await server();
  const report = await measure({ target: { type: 'url', url }, form, ...options });
  return { ...report, sent: exchanges.filter(({ body }) => body !== '').map(({ body }) => body) };
}

describe('a bench of another endpoint', () => {
  it.each<Endpoint>(['completions', 'responses', 'messages'])('measures streams of %s', async (endpoint) => {
    const { result } = await measured({ endpoint, streaming: true });
    const [run] = result.runs;
    expect(result.plan).toMatchObject({ endpoint: `/v1/${endpoint}` });
    expect(result.plan).not.toHaveProperty('streaming');
    expect(run).toMatchObject({ requests: { completed: 4, failed: 0 }, output_tokens_source: 'usage' });
    expect(run?.metrics).toMatchObject({ ttft: { count: 4 }, queue_wait: { count: 4, source: 'measured' } });
  });

  it('sends the same requests for the same seed', async () => {
    const form = { endpoint: 'messages', streaming: true } as const;
    const { sent } = await measured(form);
    expect((await measured(form)).sent).toEqual(sent);
  });
});

describe('a bench of whole answers', () => {
  it('has the end-to-end latency as its headline, and nothing of tokens that nobody saw', async () => {
    const { result, summaries } = await measured({ endpoint: 'chat', streaming: false }, { probeRate: 100 });
    const [run] = result.runs;
    expect(result.plan).toMatchObject({ endpoint: '/v1/chat/completions', streaming: false });
    expect(run).toMatchObject({ requests: { completed: 4 }, output_tokens_source: 'usage' });
    expect(run?.metrics).toMatchObject({ e2e: { count: 4 }, queue_wait: { count: 4, source: 'measured' } });
    for (const name of ['ttft', 'ttft_from_schedule', 'tpot', 'chunk_gap', 'delivery'] as const) {
      expect(run?.metrics[name]).toMatchObject({ count: 0, mean: null, p50: null });
    }
    expect(run?.checks).toMatchObject({ burst_answers: 0, contradicted_usage: { answers: 0 } });
    expect(run?.series).toHaveProperty('e2e');
    expect(headlineOf(result)).toEqual({ metric: 'e2e', name: 'E2E' });
    const text = renderReport(result, summaries, { colour: false, width: 100 });
    expect(text).toContain('whole answers');
    expect(text.replaceAll('probe TTFT', '')).not.toMatch(/TTFT|TPOT/);
  });

  it('has no output tokens of embeddings, but those of the prompts', async () => {
    const { result, summaries } = await measured({ endpoint: 'embeddings', streaming: false });
    const [run] = result.runs;
    expect(run).toMatchObject({ requests: { completed: 4 }, output_tokens_source: 'none' });
    expect(run?.rates.input_tokens_per_second).toBeGreaterThan(0);
    const groups = columnsOf(result, summaries).map(({ group }) => group);
    expect(groups).toContain('tokens in');
    expect(groups).not.toContain('tokens');
  });
});
