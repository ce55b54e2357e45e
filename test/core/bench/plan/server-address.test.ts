import { describe, expect, it } from 'vitest';
import { serverAddressOf } from '../../../../src/core/bench/plan/server-address.js';

describe('the address of a server', () => {
  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', ['/v1'], ''],
    ['http://127.0.0.1:8000///', 'http://127.0.0.1:8000', ['/v1'], ''],
    ['http://127.0.0.1:80/v1/', 'http://127.0.0.1', ['/v1'], ''],
    ['http://127.0.0.1:8000/v1/chat/completions', 'http://127.0.0.1:8000', ['/v1'], ''],
    ['http://127.0.0.1:8000/v1/chat/completions/?a=b', 'http://127.0.0.1:8000', ['/v1'], '?a=b'],
    ['http://127.0.0.1:8000/v1/models', 'http://127.0.0.1:8000', ['/v1'], ''],
    ['http://127.0.0.1:8000/chat/completions', 'http://127.0.0.1:8000', [''], ''],
    ['HTTPS://LLM.example.org:443/proxy/v1', 'https://llm.example.org/proxy', ['/v1'], ''],
    ['https://llm.example.org/v1beta/openai/', 'https://llm.example.org/v1beta/openai', ['/v1', ''], ''],
    ['https://llm.example.org/v1?api-key=hush', 'https://llm.example.org', ['/v1'], '?api-key=hush'],
    ['http://unix/v1', 'http://unix', ['/v1'], ''],
  ])('of %s is %s', (url, baseUrl, apiPaths, query) => {
    expect(serverAddressOf(url)).toMatchObject({
      baseUrl,
      httpUrl: baseUrl,
      socketPath: null,
      apiPaths,
      model: null,
      query,
    });
  });

  it.each([
    ['http://127.0.0.1:8000/v1', null],
    ['http://127.0.0.1:8000/v1/chat/completions', 'chat'],
    ['http://127.0.0.1:8000/v1/completions/', 'completions'],
    ['http://127.0.0.1:8000/v1/responses', 'responses'],
    ['https://llm.example.org/v1/messages?a=b', 'messages'],
    ['unix:/run/llm.sock:/v1/embeddings', 'embeddings'],
  ])('of %s names the endpoint %s, and is without it', (url, endpoint) => {
    const { apiPaths, baseUrl } = serverAddressOf(url);
    expect(serverAddressOf(url).endpoint).toBe(endpoint);
    expect(apiPaths).toEqual(['/v1']);
    expect(baseUrl).not.toContain('/v1');
  });

  it.each(['', '/', '/chat/completions'])('of an Azure deployment names the model, with %j at its end', (end) => {
    const deployment = 'https://me.openai.azure.com/openai/deployments/gpt-4o';
    expect(serverAddressOf(`${deployment}${end}?api-version=2024-10-21`)).toMatchObject({
      baseUrl: deployment,
      httpUrl: deployment,
      socketPath: null,
      apiPaths: [''],
      model: 'gpt-4o',
      query: '?api-version=2024-10-21',
    });
  });

  it.each([
    ['unix:/run/llm.sock', 'unix:/run/llm.sock', 'http://localhost', ['/v1'], ''],
    ['unix:llm.sock', 'unix:llm.sock', 'http://localhost', ['/v1'], ''],
    ['unix:///run/llm.sock', 'unix:/run/llm.sock', 'http://localhost', ['/v1'], ''],
    ['unix:/run/llm.sock:/proxy/v1/', 'unix:/run/llm.sock:/proxy', 'http://localhost/proxy', ['/v1'], ''],
    ['http://unix:/run/llm.sock:', 'unix:/run/llm.sock', 'http://localhost', ['/v1'], ''],
    ['http://unix:/run/llm.sock:/chat/completions?k=v', 'unix:/run/llm.sock', 'http://localhost', [''], '?k=v'],
    ['unix:/run/llm.sock?key=hush#x', 'unix:/run/llm.sock', 'http://localhost', ['/v1'], '?key=hush'],
  ])('on a Unix socket, %s, is %s', (url, baseUrl, httpUrl, apiPaths, query) => {
    const socketPath = /(\/run\/)?llm\.sock/.exec(url)?.[0];
    expect(serverAddressOf(url)).toMatchObject({ baseUrl, httpUrl, socketPath, apiPaths, model: null, query });
  });

  it.each(['ftp://example.org', 'localhost:8000', 'example.org', 'unix:', 'unix:/run/llm.sock:v1'])(
    'cannot be %s',
    (url) => {
      expect(() => serverAddressOf(`${url}?key=hush`)).toThrow(`"${url}" is not the URL of a server.`);
    },
  );

  it('has no password in it', () => {
    expect(() => serverAddressOf('http://me:hush@llm.example.org')).toThrow(
      'The URL of llm.example.org contains a password',
    );
  });
});
