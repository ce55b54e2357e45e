import { describe, expect, it, vi } from 'vitest';
import { RoutePaths } from '../../../../src/core/server/http/route-paths.js';
import { chat, testApp } from '../../../support/app.js';

const paths = new RoutePaths();
paths.add('/v1/chat/completions', ['POST']);
paths.add('/v1/models', ['GET']);
paths.add('/v1/models/:id', ['GET']);
paths.add('/v1/models/:id', ['HEAD']);
paths.add('/livez', ['GET']);
paths.add('/console', ['GET']);
paths.add('/console/*', ['GET']);
paths.add('/', ['GET']);
paths.add('*', ['OPTIONS']);

describe('a URL', () => {
  it.each([
    ['/v1/models', '/v1/models'],
    ['/v1/models/', '/v1/models'],
    ['/v1//models', '/v1/models'],
    ['//v1/models?a=/b//c/', '/v1/models?a=/b//c/'],
    ['/models', '/v1/models'],
    ['/models/?a=1', '/v1/models?a=1'],
    ['/models/a%2Fb', '/v1/models/a%2Fb'],
    ['/chat/completions', '/v1/chat/completions'],
    ['/v1/v1/models', '/v1/models'],
    ['/v1/v1/models/x/?a=1', '/v1/models/x?a=1'],
    ['/v1/v1/v1/models', '/v1/v1/v1/models'],
    ['/v1/v1/livez', '/v1/v1/livez'],
    ['/livez/', '/livez'],
    ['/v1/livez', '/livez'],
    ['/v1/livez?a=1', '/livez?a=1'],
    ['/v1//livez/', '/livez'],
    ['/v1/livez/x', '/v1/livez/x'],
    ['/v1/console', '/v1/console'],
    ['/v1/', '/v1'],
    ['/chatter', '/chatter'],
    ['/v2/models', '/v2/models'],
    ['/', '/'],
    ['http://a/models/', 'http://a/models/'],
    ['*', '*'],
  ])('%s means %s', (url, canonical) => {
    expect(paths.canonical(url)).toBe(canonical);
  });
});

describe('a path', () => {
  it.each([
    ['/v1/models/x', ['GET', 'HEAD']],
    ['/v1/models', ['GET']],
    ['/v1/models/x/y', []],
    ['/v1', []],
  ])('%s has the methods %j', (path, methods) => {
    expect(paths.methods(path)).toEqual(methods);
  });

  it.each([
    ['POST', '/openai/deployments/gpt/chat/completions', '/v1/chat/completions'],
    ['GET', '/api/v1/models/x', '/v1/models/x'],
    ['HEAD', '/api/v1/models/x', '/v1/models/x'],
    ['GET', '/v1/livez', '/livez'],
    ['GET', '/api/models/livez', '/v1/models/livez'],
  ])('of %s %s ends with that of a route: %s', (method, path, within) => {
    expect(paths.within(path, method)).toEqual({ path: within, otherMethods: null });
  });

  it('ends with that of a shorter route where the longer one has another method', () => {
    const routes = new RoutePaths();
    routes.add('/v1/models/:id', ['GET']);
    routes.add('/v1/responses', ['POST']);
    expect(routes.within('/api/models/responses', 'POST')).toEqual({ path: '/v1/responses', otherMethods: null });
  });

  it.each([
    ['POST', '/api/v1/models', { path: '/v1/models', otherMethods: ['GET'] }],
    ['DELETE', '/api/models/livez', { path: '/v1/models/livez', otherMethods: ['GET', 'HEAD'] }],
  ])('of %s %s has the methods of the route if the one that was used is none of them', (method, path, meant) => {
    expect(paths.within(path, method)).toEqual(meant);
  });

  it.each(['/nope', '/a/b/c', '/v1'])('%s ends with that of no route', (path) => {
    expect(paths.within(path, 'GET')).toBeNull();
  });

  it('is compared with routes at its end only, however long it is', () => {
    const looked = vi.spyOn(paths, 'methods');
    expect(paths.within(`${'/a'.repeat(8000)}/v1/models`, 'GET')?.path).toBe('/v1/models');
    expect(paths.within('/a'.repeat(8000), 'GET')).toBeNull();
    expect(looked.mock.calls.length).toBeLessThan(10);
    looked.mockRestore();
  });
});

describe('the server', () => {
  it.each([
    '/chat/completions',
    '/v1/chat/completions/',
    '/v1//chat/completions?api-version=1',
    '/chat/completions/',
    '/v1/v1/messages',
  ])('answers %s', async (path) => {
    const { post } = await testApp();
    const answer = await post(path, chat('hi', { max_tokens: 1 }));
    expect(answer.statusCode).toBe(200);
  });

  it('wants a key for them too, except for health checks', async () => {
    const { get } = await testApp({ server: { apiKeys: ['secret'] } });
    expect((await get('/models/')).statusCode).toBe(401);
    for (const path of ['/livez/', '/v1/livez', '/v1/health', '/v1/readyz']) {
      expect((await get(path)).statusCode).toBe(200);
    }
    expect((await get('/v1/metrics')).statusCode).toBe(401);
  });
});
