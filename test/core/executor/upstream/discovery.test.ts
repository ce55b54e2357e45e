import { describe, expect, it } from 'vitest';
import {
  type Ask,
  discover,
  type Discovery,
  TakesNoRequests,
  type UpstreamKind,
} from '../../../../src/core/executor/upstream/discovery.js';

class JsonRefusal {
  constructor(
    readonly status: number,
    readonly body: object,
  ) {}
}

/** What a server has at its paths: JSON, a status with JSON, or a status with a page. Everything else is a 404. */
type Routes = Readonly<Record<string, object | number>>;

function asked(routes: Routes): { readonly ask: Ask; readonly paths: readonly string[] } {
  const paths: string[] = [];
  const ask: Ask = (path) => {
    paths.push(path);
    const found = routes[path] ?? 404;
    if (typeof found === 'number') return Promise.resolve({ status: found, body: null });
    if (found instanceof JsonRefusal) return Promise.resolve(found);
    return Promise.resolve({ status: 200, body: found });
  };
  return { ask, paths };
}

function discovered(routes: Routes, known: UpstreamKind | null = null): Promise<Discovery> {
  return discover(asked(routes).ask, known, undefined);
}

const listOf = (owner?: string): object => ({
  object: 'list',
  data: [{ id: 'm', object: 'model', ...(owner !== undefined && { owned_by: owner }) }],
});
const list = listOf();

const queue = { max_concurrency: 4, totals: {} };
const chatstream = { '/v1/models': list, '/v1/queue': queue };
const llamaServer = { '/v1/models': list, '/props': { total_slots: 16 }, '/health': { status: 'ok' } };
const parts = [{ effective_max_running_requests_per_dp: 48 }, { effective_max_running_requests_per_dp: 48 }];
const sglang = { '/v1/models': listOf('sglang'), '/server_info': { dp_size: 2, internal_states: parts } };
const oldSglang = { '/v1/models': listOf('sglang'), '/get_server_info': { internal_states: parts } };
const olderSglang = { '/v1/models': listOf('sglang'), '/get_server_info': { max_running_requests: null } };
const tgi = { '/v1/models': listOf('m'), '/info': { max_total_tokens: 4096, max_concurrent_requests: 128 } };
const embedder = { '/info': { max_input_length: 512, max_concurrent_requests: 512 } };
const loading = new JsonRefusal(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
const loadingLlamaServer = { '/v1/models': list, '/v1/queue': loading, '/props': loading, '/info': loading };

describe('what a server is', () => {
  it.each<[string, Routes, Discovery]>([
    ['chatstream', chatstream, { kind: 'chatstream', places: 4, models: ['m'] }],
    ['llama-server', llamaServer, { kind: 'llama-server', places: 16, models: ['m'] }],
    ['vLLM', { '/v1/models': listOf('vllm') }, { kind: 'vllm', places: null, models: ['m'] }],
    ['SGLang', sglang, { kind: 'sglang', places: 96, models: ['m'] }],
    ['an older SGLang', oldSglang, { kind: 'sglang', places: 96, models: ['m'] }],
    ['SGLang that does not say how many it runs', olderSglang, { kind: 'sglang', places: null, models: ['m'] }],
    ['TGI', tgi, { kind: 'tgi', places: 128, models: ['m'] }],
    ['Ollama', { '/v1/models': listOf('library') }, { kind: 'ollama', places: null, models: ['m'] }],
    ['a server of embeddings', embedder, { kind: 'openai', places: null, models: null }],
    [
      'one that is owned by a word of JavaScript',
      { '/v1/models': listOf('constructor') },
      { kind: 'openai', places: null, models: ['m'] },
    ],
    ['any other', { '/v1/models': list }, { kind: 'openai', places: null, models: ['m'] }],
    ['one without a list', {}, { kind: 'openai', places: null, models: null }],
  ])('is told by what it answers: %s', async (_what, routes, expected) => {
    expect(await discovered(routes)).toEqual(expected);
  });

  it.each<[number, readonly (readonly [state: string, places: number])[]]>([
    [
      6,
      [
        ['loaded', 4],
        ['loaded', 2],
        ['unloaded', 8],
      ],
    ],
    [
      4,
      [
        ['loaded', 2],
        ['loaded', 1],
      ],
    ],
    [
      4,
      [
        ['unloaded', 4],
        ['loading', 4],
      ],
    ],
  ])('has %i places with several models, some of them loaded: %j', async (places, models) => {
    const shown = models.map(([state, each], nth) => ({ name: `m${nth}`, state, max_concurrency: each }));
    const routes = { ...chatstream, '/v1/queue': { ...queue, models: shown } };
    expect(await discovered(routes)).toMatchObject({ kind: 'chatstream', places });
  });

  it('has as many places for each model of a chatstream server as that says, if it is loaded', async () => {
    const models = [
      { name: 'a', state: 'loaded', max_concurrency: 4 },
      { name: 'b', state: 'loaded', max_concurrency: 2 },
      { name: 'c', state: 'unloaded', max_concurrency: 1 },
      { name: 'd', state: 'loaded', max_concurrency: 0 },
    ];
    const { placesByModel } = await discovered({ ...chatstream, '/v1/queue': { ...queue, models } });
    expect([...(placesByModel ?? [])]).toEqual([
      ['a', 4],
      ['b', 2],
    ]);
  });

  it.each([0, 1.5, -1, '4', null])('is not told by a number of places that none has: %j', async (total) => {
    expect(await discovered({ ...llamaServer, '/props': { total_slots: total } })).toMatchObject({ kind: 'openai' });
  });

  it.each<[UpstreamKind, Routes, readonly string[]]>([
    ['chatstream', chatstream, ['/v1/models', '/v1/queue']],
    ['llama-server', llamaServer, ['/v1/models', '/props', '/health']],
    ['vllm', { '/v1/models': listOf('vllm') }, ['/v1/models']],
    ['sglang', sglang, ['/v1/models']],
    ['tgi', tgi, ['/v1/models', '/info']],
  ])('takes no more questions than needed where it is known: %s', async (kind, routes, expected) => {
    const { ask, paths } = asked(routes);
    expect(await discover(ask, kind, 8)).toMatchObject({ kind });
    expect(paths).toEqual(expected);
  });

  it.each<UpstreamKind>(['openai', 'vllm', 'chatstream', 'llama-server'])(
    'may be something else than before: %s',
    async (known) => {
      expect(await discovered(chatstream, known)).toMatchObject({ kind: 'chatstream', places: 4 });
      expect(await discovered(llamaServer, known)).toMatchObject({ kind: 'llama-server', places: 16 });
      expect(await discovered({ '/v1/models': listOf('vllm') }, known)).toMatchObject({ kind: 'vllm' });
    },
  );
});

describe('the places of SGLang', () => {
  const models = sglang['/v1/models'];

  it('are not asked for again once it has answered that it does not say', async () => {
    const { ask, paths } = asked(olderSglang);
    expect(await discover(ask, 'sglang', null)).toMatchObject({ kind: 'sglang', places: null });
    expect(paths).toEqual(['/v1/models']);
  });

  it('are not asked for where they are given', async () => {
    const { ask, paths } = asked(sglang);
    expect(await discover(ask, null, undefined, 16)).toMatchObject({ kind: 'sglang', places: null });
    expect(paths).toEqual(['/v1/models']);
  });

  it('are asked for where it was something else before', async () => {
    expect(await discover(asked(sglang).ask, 'vllm', null)).toMatchObject({ kind: 'sglang', places: 96 });
  });

  it.each([
    ['takes too long', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
    ['fails', { status: 500, body: null }],
  ])('are unknown, and asked for again, if the answer %s; it is ready nevertheless', async (_what, answer) => {
    const ask: Ask = (path) => {
      if (path === '/v1/models') return Promise.resolve({ status: 200, body: models });
      return answer instanceof DOMException ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const found = await discover(ask, null, undefined);
    expect(found).toMatchObject({ kind: 'sglang', models: ['m'] });
    expect(found.places).toBeUndefined();
  });
});

describe('a server that is not ready', () => {
  it.each([null, 'openai', 'llama-server'] as const)(
    'is not taken for another kind while it loads its model, if it was %s before',
    async (known) => {
      await expect(discovered(loadingLlamaServer, known)).rejects.toThrow(TakesNoRequests);
    },
  );

  it('takes no requests as a front of a cluster whose nodes have gone', async () => {
    const nodeless = { ...chatstream, '/v1/queue': { ...queue, max_concurrency: 0, slots_at: 'nodes' } };
    await expect(discovered(nodeless)).rejects.toThrow(new TakesNoRequests('it has no nodes'));
  });

  it.each([
    ['chatstream', { ...chatstream, '/v1/queue': 502 }],
    ['llama-server', { ...llamaServer, '/props': 502 }],
    ['llama-server', { ...llamaServer, '/health': 502 }],
  ] as const)('stays what it was, and is not asked for anything while its proxy fails: %s', async (known, routes) => {
    const failure: unknown = await discovered(routes, known).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/answers 502/);
    // It was the proxy that answered, not the server.
    expect(failure).not.toBeInstanceOf(TakesNoRequests);
  });

  it('may still be one that has no such route, behind a gateway with pages of its own', async () => {
    expect(await discovered({ '/v1/models': list, '/v1/queue': 503, '/props': 500 })).toMatchObject({ kind: 'openai' });
  });

  it('is not taken for one that loads if a gateway answers unknown paths with 503 and JSON of its own', async () => {
    const unknown = new JsonRefusal(503, {
      error: { code: 503, message: 'no healthy upstream', type: 'server_error' },
    });
    const routes = { '/v1/models': list, '/v1/queue': unknown, '/props': unknown, '/info': unknown };
    expect(await discovered(routes)).toMatchObject({ kind: 'openai', models: ['m'] });
  });

  it.each<[string, Routes, RegExp]>([
    ['refuses the key', { '/v1/models': 401 }, /refuses the key \(401\)/],
    ['has no credit', { '/v1/models': 402 }, /has no credit \(402\)/],
    ['is draining', { ...chatstream, '/v1/queue': { ...queue, draining: true } }, /draining/],
    ['has no model yet', { ...chatstream, '/v1/models': { data: [] } }, /still loading/],
    ['says that it is ill', { ...llamaServer, '/health': loading }, /\/health answers 503/],
  ])('takes no requests if it %s', async (_what, routes, reason) => {
    const failure: unknown = await discovered(routes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TakesNoRequests);
    expect(String(failure)).toMatch(reason);
  });

  it.each<[string, Routes, RegExp]>([
    ['a page', { '/v1/models': 502 }, /\/v1\/models answers 502/],
    ['something else', { '/v1/models': { models: [] } }, /not a list of models/],
  ])('is down if its list of models is %s', async (_what, routes, reason) => {
    await expect(discovered(routes)).rejects.toThrow(reason);
  });
});
