import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { modelList, queueView, type RouteAnswer, routeOf, serveScript } from './target/routes.js';
import { measureAt } from './words-server.js';

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';

/**
 * A chatstream server. Where `turned` has a request's number, its answer begins when the queue has been asked for since.
 *
 * @param turned the max-concurrency that somebody sets when this request comes, counted from 1; null: nobody does
 */
async function serveLimited(turned: Readonly<Record<number, number | null>>): Promise<ScriptedHttpServer> {
  const queue = new EventEmitter();
  let limit = 4;
  let requests = 0;
  return await serveScript(async (exchange) => {
    const route = routeOf(exchange);
    const answer = async ({ body }: RouteAnswer): Promise<void> => {
      await exchange.answer('200 OK', ['Content-Type: application/json'], JSON.stringify(body));
    };
    if (route === 'PATCH /v1/queue') {
      limit = (JSON.parse(exchange.body) as { max_concurrency?: number }).max_concurrency ?? limit;
      await answer(queueView({ max_concurrency: limit }));
    } else if (route === 'GET /v1/queue') {
      await answer(queueView({ max_concurrency: limit }));
      queue.emit('asked');
    } else if (route === 'GET /v1/models') await answer(modelList('chatstream', 'parrot'));
    else if (route.startsWith('POST')) {
      const set = turned[(requests += 1)];
      limit = set ?? limit;
      if (set !== undefined) await once(queue, 'asked');
      await exchange.stream(token, token, token, 'data: [DONE]\n\n');
    } else await exchange.answer('404 Not Found', [], '');
  });
}

async function warningsOf(turned: Readonly<Record<number, number | null>>): Promise<readonly string[]> {
  const { url } = await serveLimited(turned);
  const { result } = await measureAt({ url, maxConcurrency: [1, 2], trials: 2 });
  return result.warnings.filter((warning) => warning.startsWith('max-concurrency'));
}

describe('a max-concurrency that somebody changes', () => {
  it('during a run is said once', async () => {
    expect(await warningsOf({ 5: 7 })).toEqual([
      'max-concurrency was changed during the measurement (from 1 to 7), but not by this bench: its figures mix settings. Measure again without changing it.',
    ]);
  });

  it('is not what the bench itself sets between settings', async () => {
    expect(await warningsOf({ 5: null, 9: null, 13: null, 17: null })).toEqual([]);
  });
});
