import { describe, expect, it } from 'vitest';
import { parseCancel } from '../../../src/core/bench/plan/cancel.js';
import { parseStages, totalMs } from '../../../src/core/bench/plan/stages.js';
import { parseResult } from '../../../src/core/measurement/read-result.js';
import type { ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

function serveWords(): Promise<ScriptedHttpServer> {
  const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
  return serveScript(async (exchange) => {
    const route = routeOf(exchange);
    if (route === 'POST /v1/chat/completions') await exchange.stream(token, token, token, 'data: [DONE]\n\n');
    else if (route === 'GET /v1/models') {
      await exchange.answer('200 OK', [], JSON.stringify(modelList('me', 'parrot').body));
    } else await exchange.answer('404 Not Found', [], '');
  });
}

const stages = parseStages('20@200ms,20-80@200ms,80@200ms');

describe('a bench whose load changes, with clients that leave and probes', () => {
  it('sends the same requests with one thread and with two, and keeps apart what is apart', async () => {
    const sent: (readonly string[])[] = [];
    for (const workers of [1, 2]) {
      const server = await serveWords();
      const { result } = await measure({
        target: { type: 'url', url: server.url },
        load: { type: 'open', rates: [43.3], arrival: { type: 'gamma', cv: 1.5 }, stages, maxInFlight: 4 },
        ...{ durationMs: totalMs(stages), requests: null, workers, cancel: parseCancel('30%@10s'), probeRate: 20 },
      });
      // As a reader of the file would get it.
      const [run] = parseResult(JSON.stringify(result), 'result.json').runs;
      const probes = server.exchanges.filter(({ body }) => body.includes('"max_tokens":1,'));
      const load = server.exchanges.filter(({ body }) => body.includes('"max_tokens":3,'));
      sent.push(load.map(({ body }) => body).toSorted());
      expect(result.plan).toMatchObject({ arrival: 'gamma', arrival_cv: 1.5, max_in_flight: 4, cancel: '30%@10s' });
      expect(run?.requests.completed).toBe(run?.metrics.ttft.count);
      // Nobody had to wait for 10 s.
      expect(run?.cancelled).toMatchObject({ left: 0, answered: run?.cancelled?.requests });
      expect((run?.requests.completed ?? 0) + (run?.cancelled?.requests ?? 0)).toBe(load.length);
      // Two requests measure the tokenizer before.
      expect(run?.probes?.completed).toBe(probes.length - 2);
      expect(run?.held_back?.requests).toBeGreaterThanOrEqual(0);
      expect(run).not.toHaveProperty('overload');
    }
    expect(sent[0]?.length).toBeGreaterThan(10);
    expect(sent[1]).toEqual(sent[0]);
  });
});
