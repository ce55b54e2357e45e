import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BenchOptions } from '../../src/core/bench/plan/options.js';
import type { BenchResult, Run } from '../../src/core/measurement/result-schema.js';
import { truthWarnings } from '../../src/core/report/bench/notes/warnings.js';
import { measure } from '../core/bench/measure.js';
import { modelList, type RouteAnswer, routeOf, type Routes, serveScript } from '../core/bench/target/routes.js';
import type { ScriptedExchange } from '../support/scripted-http-server.js';

const done = 'data: [DONE]\n\n';
const stop = chunk({}, 'stop');

function chunk(delta: object, finishReason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`;
}

function text(count: number): string[] {
  return Array.from({ length: count }, () => chunk({ content: 'Hi' }));
}

function usage(usage: object): string {
  return `data: ${JSON.stringify({ choices: [], usage })}\n\n`;
}

type Script = (exchange: ScriptedExchange) => Promise<void>;

/** Benches a server that answers requests like this, and has these other routes. */
async function measured(
  script: Script,
  options: Partial<BenchOptions> = {},
  routes: Routes = { 'GET /v1/models': modelList('me', 'parrot') },
): Promise<{ readonly result: BenchResult; readonly run: Run; readonly warnings: readonly string[] }> {
  const server = await serveScript(async (exchange) => {
    if (routeOf(exchange) === 'POST /v1/chat/completions') await script(exchange);
    else {
      const route = routes[routeOf(exchange)] ?? { status: '404 Not Found' };
      const { status = '200 OK', body = '' }: RouteAnswer = typeof route === 'function' ? route(exchange) : route;
      await exchange.answer(status, [], typeof body === 'string' ? body : JSON.stringify(body));
    }
  });
  const { result } = await measure({ target: { type: 'url', url: server.url }, ...options });
  const [run] = result.runs;
  if (run === undefined) throw new Error('Nothing was measured.');
  return { result, run, warnings: truthWarnings(result) };
}

describe('cached prompt tokens', () => {
  it('are those of the usage', async () => {
    const details = usage({ prompt_tokens: 50, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 40 } });
    const { run } = await measured((exchange) => exchange.stream(...text(3), stop, details, done));
    const cached = { cached_tokens: 160, prompt_tokens: 200, share: 0.8, source: 'usage' };
    expect(run.prompt_cache).toEqual(cached);
  });

  it("are those of llama-server's timings", async () => {
    const last = `data: ${JSON.stringify({
      choices: [],
      usage: { prompt_tokens: 50, completion_tokens: 3 },
      timings: { cache_n: 49, prompt_n: 1, prompt_ms: 2 },
    })}\n\n`;
    const { run } = await measured((exchange) => exchange.stream(...text(3), stop, last, done));
    expect(run.prompt_cache).toMatchObject({ cached_tokens: 196, share: 0.98, source: 'timings' });
  });

  it("are those of vLLM's counters if the answers do not say", async () => {
    let prompts = 0;
    const details = usage({ prompt_tokens: 50, completion_tokens: 3, prompt_tokens_details: null });
    const { run } = await measured(
      async (exchange) => {
        prompts += 1;
        await exchange.stream(...text(3), stop, details, done);
      },
      {},
      {
        'GET /v1/models': modelList('vllm', 'm'),
        'GET /metrics': () => ({
          body: `vllm:prefix_cache_queries_total ${prompts * 50}\nvllm:prefix_cache_hits_total ${prompts * 48}\n`,
        }),
      },
    );
    expect(run.prompt_cache).toEqual({ cached_tokens: 192, prompt_tokens: 200, share: 0.96, source: 'aggregate' });
  });

  it('are unknown if nothing says', async () => {
    const { run } = await measured((exchange) => exchange.stream(...text(3), stop, done));
    expect(run.prompt_cache).toBeNull();
  });
});

describe('an answer in one burst', () => {
  it.each<[string, readonly string[]]>([
    ['all events in one piece', [[...text(20), stop, done].join('')]],
    [
      'all tokens in one chunk',
      [chunk({ content: 'Hi hi hi.' }) + stop + usage({ prompt_tokens: 9, completion_tokens: 20 }) + done],
    ],
  ])('is named, and has no time per token: %s', async (_name, pieces) => {
    const { run, warnings } = await measured((exchange) => exchange.stream(...pieces));
    expect(run.checks.burst_answers).toBe(4);
    expect(run.metrics.tpot.count).toBe(0);
    expect(run.metrics.chunk_gap.count).toBe(0);
    expect(run.metrics.ttft.count).toBe(4);
    expect(warnings).toContainEqual(expect.stringMatching(/^In all 4 answers, all tokens arrived in one burst/));
  });
});

describe('an answer that the server gave up on', () => {
  it('has failed by its finish reason', async () => {
    const { run } = await measured((exchange) => exchange.stream(...text(3), chunk({}, 'abort'), done));
    expect(run.requests).toMatchObject({ completed: 0, failed: 4, errors: { finish_reason_abort: 4 } });
  });
});

describe('reasoning that is not streamed', () => {
  it('is in neither the time per token nor the throughput', async () => {
    const details = usage({ completion_tokens: 103, completion_tokens_details: { reasoning_tokens: 100 } });
    const { result, run, warnings } = await measured(async (exchange) => {
      await exchange.beginStream();
      for (const event of text(3)) {
        await exchange.writeChunk(event);
        await delay(5);
      }
      await exchange.writeChunk(stop + details + done);
      await exchange.endStream();
    });
    expect(run.checks.hidden_reasoning_tokens).toBe(400);
    // Two tokens after the first, at least 5 ms apart; of 102, they would be 0.1 ms apart.
    expect(run.metrics.tpot.min).toBeGreaterThan(2);
    expect(run.rates.output_tokens_per_second / run.rates.requests_per_second).toBeCloseTo(3);
    expect(warnings).toContainEqual(expect.stringMatching(/counts 100 reasoning tokens per answer/));
    expect(result.warnings).not.toContainEqual(expect.stringMatching(/^Answers had/));
  });
});

describe('a usage that cannot be true', () => {
  it('is not believed, and named once with its numbers', async () => {
    const { run, warnings } = await measured((exchange) =>
      exchange.stream(...text(6), stop, usage({ prompt_tokens: 9, completion_tokens: 1 }), done),
    );
    expect(run.checks.contradicted_usage).toEqual({ answers: 4, output_tokens: 4, text_chunks: 24 });
    expect(run.output_tokens_source).toBe('chunks');
    expect(run.rates.output_tokens_per_second / run.rates.requests_per_second).toBeCloseTo(6);
    expect(warnings.filter((warning) => warning.includes('chunks of text'))).toEqual([
      expect.stringMatching(/usage of all 4 answers cannot be true: it has 4 output tokens for 24 chunks/),
    ]);
    expect(warnings).not.toContainEqual(expect.stringContaining('does not report usage'));
  });
});

describe('several tokens in a chunk', () => {
  const vllm: Routes = { 'GET /v1/models': modelList('vllm', 'm') };

  /** Chunks of 4 tokens, 40 ms apart; with a running count only if it is asked for. */
  const packed: Script = async (exchange) => {
    const isAsked = exchange.body.includes('"continuous_usage_stats":true');
    await exchange.beginStream();
    for (const completion_tokens of [4, 8, 12]) {
      const counted = isAsked ? { usage: { prompt_tokens: 9, completion_tokens } } : {};
      const choices = [{ index: 0, delta: { content: 'Hi hi hi hi' }, finish_reason: null }];
      await exchange.writeChunk(`data: ${JSON.stringify({ choices, ...counted })}\n\n`);
      await delay(40);
    }
    await exchange.writeChunk(stop + usage({ prompt_tokens: 9, completion_tokens: 12 }) + done);
    await exchange.endStream();
  };

  it('are counted as they arrive by servers that can', async () => {
    const bodies: string[] = [];
    const script: Script = async (exchange) => {
      bodies.push(exchange.body);
      await packed(exchange);
    };
    const { result, run } = await measured(script, {}, vllm);
    expect(bodies.slice(-4).every((body) => body.includes('"continuous_usage_stats":true'))).toBe(true);
    // 8 tokens after the first chunk, in at least 2 × 40 ms; by one token for the first chunk it would be 80 ms ÷ 11.
    expect(run.metrics.tpot.min).toBeGreaterThan(9);
    expect(result.warnings).toContainEqual(expect.stringContaining('continuous_usage_stats'));
  });

  it.each<[string, Script, Routes]>([
    ['servers that might refuse it', packed, { 'GET /v1/models': modelList('me', 'parrot') }],
    [
      'servers that send one token in a chunk',
      (exchange) => exchange.stream(...text(3), stop, usage({ prompt_tokens: 9, completion_tokens: 3 }), done),
      vllm,
    ],
  ])('is not asked of %s', async (_name, answer, routes) => {
    const bodies: string[] = [];
    const script: Script = async (exchange) => {
      bodies.push(exchange.body);
      await answer(exchange);
    };
    const { result } = await measured(script, { requests: 2 }, routes);
    expect(bodies.join()).not.toContain('continuous_usage_stats');
    expect(result.warnings).not.toContainEqual(expect.stringContaining('continuous_usage_stats'));
  });
});

describe('content in lists', () => {
  it('is text, and thinking is reasoning', async () => {
    const thinking = chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] });
    const words = chunk({ content: [{ type: 'text', text: 'Hi' }] });
    const details = usage({ completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 1 } });
    const { run } = await measured((exchange) => exchange.stream(thinking, words, words, stop, details, done));
    expect(run.requests.completed).toBe(4);
    expect(run.checks.hidden_reasoning_tokens).toBe(0);
  });

  it('that is not understood is named', async () => {
    const { run } = await measured((exchange) =>
      exchange.stream('event: message\ndata: {"type":"text-delta","delta":"Hi"}\n\n', done),
    );
    expect(run.requests.errors).toEqual({ unknown_format: 4 });
    expect(run.requests.examples['unknown_format']).toContain('{"type":"text-delta","delta":"Hi"}');
  });
});

describe('a response that is held open after its end', () => {
  const heldMs = 400;
  const held: Script = async (exchange) => {
    await exchange.beginStream();
    await exchange.writeChunk(text(1).join(''));
    await delay(100);
    await exchange.writeChunk([...text(1), stop, done].join(''));
    await delay(heldMs);
    await exchange.endStream();
  };

  it("is named, and does not disturb Little's law", async () => {
    const { run, warnings } = await measured(held, { requests: 3 });
    expect(run.checks.held_open?.answers).toBe(3);
    expect(run.checks.held_open?.mean_ms).toBeGreaterThan(heldMs * 0.9);
    expect(run.metrics.e2e.min).toBeLessThan(heldMs);
    expect(warnings).toContainEqual(expect.stringMatching(/^The server kept the responses of all 3 answers open/));
    // Without the correction it would be 4 times too many requests in flight.
    expect(run.checks.littles_law_error).toBeLessThan(0.5);
  });

  it('is the same if the pause comes before its finish reason', async () => {
    const pausing: Script = async (exchange) => {
      await exchange.beginStream();
      await exchange.writeChunk(text(1).join(''));
      await delay(100);
      await exchange.writeChunk(text(1).join(''));
      await delay(heldMs);
      await exchange.writeChunk([stop, done].join(''));
      await exchange.endStream();
    };
    const { run, warnings } = await measured(pausing, { requests: 3 });
    expect(run.checks.held_open?.answers).toBe(3);
    expect(warnings).toContainEqual(expect.stringMatching(/^The server kept the responses of all 3 answers open/));
    expect(run.checks.littles_law_error).toBeLessThan(0.5);
  });

  it('has been answered even if the server never ends it', async () => {
    const endless: Script = async (exchange) => {
      await exchange.beginStream();
      await exchange.writeChunk([...text(3), stop, done].join(''));
    };
    const { run } = await measured(endless, { requests: 1, timeoutMs: 500 });
    expect(run.requests).toMatchObject({ completed: 1, timed_out: 0 });
    expect(run.checks.held_open?.answers).toBe(1);
  });

  it('keeps its client waiting all the same', async () => {
    const { run } = await measured(held, { requests: 3 });
    expect(run.window.span_seconds).toBeGreaterThan((3 * heldMs * 0.9) / 1000);
  });
});
