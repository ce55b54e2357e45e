import { describe, expect, it } from 'vitest';
import { type DetectedServer, detectServer } from '../../../../src/core/bench/target/detect.js';
import { httpOf } from '../../../../src/core/bench/target/http.js';
import { deadUrl } from '../../../support/dead-url.js';
import { modelList, routeOf, type Routes, serveRoutes, serveScript } from './routes.js';

async function detect(routes: Routes): Promise<DetectedServer> {
  const { url } = await serveRoutes(routes);
  return await detectServer(httpOf(url, {}), url);
}

/** Part of what TGI 3 says about itself. */
const tgiInfo = {
  model_id: 'meta-llama/Llama-3.1-8B-Instruct',
  model_pipeline_tag: 'text-generation',
  max_concurrent_requests: 128,
  max_total_tokens: 8192,
  router: 'text-generation-router',
  version: '3.3.4',
};

describe('detectServer', () => {
  it.each<[string, Routes, Omit<DetectedServer, 'models'>]>([
    [
      'chatstream',
      {
        'GET /v1/models': modelList('chatstream', 'm'),
        'GET /openapi.json': { body: { openapi: '3.1.0', info: { title: 'chatstream', version: '0.1.0' } } },
      },
      { type: 'chatstream', name: 'chatstream/0.1.0', ignoresEos: true },
    ],
    [
      'vLLM',
      { 'GET /v1/models': modelList('vllm', 'm'), 'GET /version': { body: { version: '0.11.0' } } },
      { type: 'vllm', name: 'vllm/0.11.0', ignoresEos: true },
    ],
    [
      'llama-server by the owner of its model',
      { 'GET /v1/models': modelList('llamacpp', 'm'), 'GET /props': { body: { build_info: 'b6700-3df2244d' } } },
      { type: 'llama-server', name: 'llama-server/b6700-3df2244d', ignoresEos: true },
    ],
    [
      'llama-server by its header',
      { 'GET /v1/models': { ...modelList('somebody', 'm'), headers: ['Server: llama.cpp'] } },
      { type: 'llama-server', name: 'llama-server', ignoresEos: true },
    ],
    [
      'Ollama',
      { 'GET /v1/models': modelList('library', 'm'), 'GET /api/version': { body: { version: '0.12.3' } } },
      { type: 'ollama', name: 'ollama/0.12.3', ignoresEos: false },
    ],
    [
      "Ollama with a user's own model",
      { 'GET /v1/models': modelList('mattw', 'm'), 'GET /api/version': { body: { version: '0.12.3' } } },
      { type: 'ollama', name: 'ollama/0.12.3', ignoresEos: false },
    ],
    [
      'Ollama behind something that hides its version',
      { 'GET /v1/models': modelList('library', 'm') },
      { type: 'ollama', name: 'ollama', ignoresEos: false },
    ],
    [
      'TGI',
      { 'GET /v1/models': modelList('meta-llama/Llama-3.1-8B-Instruct', 'm'), 'GET /info': { body: tgiInfo } },
      { type: 'tgi', name: 'tgi/3.3.4', ignoresEos: false },
    ],
    [
      'SGLang',
      { 'GET /v1/models': modelList('sglang', 'm'), 'GET /server_info': { body: { version: '0.5.3', tp_size: 1 } } },
      { type: 'sglang', name: 'sglang/0.5.3', ignoresEos: true },
    ],
    [
      'an older SGLang',
      { 'GET /v1/models': modelList('sglang', 'm'), 'GET /get_server_info': { body: { version: '0.4.6' } } },
      { type: 'sglang', name: 'sglang/0.4.6', ignoresEos: true },
    ],
    [
      'an unknown server',
      { 'GET /v1/models': { body: { data: [{ id: 'm' }] } } },
      { type: 'unknown', name: 'unknown', ignoresEos: false },
    ],
  ])('recognises %s', async (_name, routes, expected) => {
    expect(await detect(routes)).toEqual({ ...expected, models: ['m'] });
  });

  it('lists all models, the first first', async () => {
    expect((await detect({ 'GET /v1/models': modelList('vllm', 'base', 'adapter') })).models).toEqual([
      'base',
      'adapter',
    ]);
  });

  it.each<[string, Routes]>([
    ['has no /v1/models', {}],
    ['has a page there', { 'GET /v1/models': { body: '<html>Welcome to nginx!</html>' } }],
    ['has no models', { 'GET /v1/models': { body: { object: 'list', data: [] } } }],
  ])('knows no models of a server that %s', async (_name, routes) => {
    expect(await detect(routes)).toEqual({ type: 'unknown', name: 'unknown', models: [], ignoresEos: false });
  });

  it('recognises a server without /v1/models by its other routes', async () => {
    expect(await detect({ 'GET /info': { body: tgiInfo } })).toMatchObject({ type: 'tgi', models: [] });
  });

  it.each<[string, string, string]>([
    ['401 Unauthorized', 'needs a valid key (HTTP 401)', '--api-key'],
    ['403 Forbidden', 'needs a valid key (HTTP 403)', '--header'],
    ['500 Internal Server Error', 'answers /v1/models with HTTP 500', 'see its log'],
    ['503 Service Unavailable', 'answers /v1/models with HTTP 503', 'Wait until it is ready'],
    ['400 Bad Request', 'answers /v1/models with HTTP 400', 'OpenAI-compatible'],
  ])('says what to do about %s', async (status, message, hint) => {
    await expect(detect({ 'GET /v1/models': { status, body: 'no' } })).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('names the address that it is redirected to', async () => {
    const moved = { status: '308 Permanent Redirect', headers: ['Location: https://llm.example.org/v1/models'] };
    await expect(detect({ 'GET /v1/models': moved })).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('https://llm.example.org/v1/models') as string,
      hint: expect.stringContaining('--url') as string,
    });
  });

  it('recognises a server that drops requests that it does not know', async () => {
    const { url } = await serveScript(async (exchange) => {
      if (routeOf(exchange) !== 'GET /v1/models') exchange.reset();
      else await exchange.answer('200 OK', [], JSON.stringify({ data: [{ id: 'm', owned_by: 'me' }] }));
    });
    expect(await detectServer(httpOf(url, {}), url)).toMatchObject({ type: 'unknown', models: ['m'] });
  });

  it('says so if nothing listens', async () => {
    const url = await deadUrl();
    await expect(detectServer(httpOf(url, {}), url)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('Nothing listens at') as string,
    });
  });
});
