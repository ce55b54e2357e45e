import { describe, expect, it, onTestFinished } from 'vitest';
import type { Tenant } from '../../../src/core/bench/plan/tenants.js';
import { singleRequests } from '../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../src/core/measurement/workload/lengths.js';
import { toCsv } from '../../../src/core/report/bench/formats/csv.js';
import { toMarkdown } from '../../../src/core/report/bench/formats/markdown.js';
import { toHtml } from '../../../src/core/report/html/page.js';
import type { ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { modelList, routeOf, serveScript } from './target/routes.js';

/** A server that streams as many words as it is asked for, and refuses one key. */
async function serveKeys(): Promise<ScriptedHttpServer> {
  const server = await serveScript(async (exchange) => {
    if (routeOf(exchange) === 'GET /v1/models') {
      await exchange.answer('200 OK', [], JSON.stringify(modelList('me', 'parrot').body));
    } else if (routeOf(exchange) !== 'POST /v1/chat/completions') {
      await exchange.answer('404 Not Found', [], '');
    } else if (exchange.head.includes('Bearer key-of-cleo')) {
      await exchange.answer('429 Too Many Requests', [], '{"error":{"code":"rate_limited","message":"Too many."}}');
    } else {
      const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
      await exchange.stream(token.repeat(Number(/"max_tokens":(\d+)/.exec(exchange.body)?.[1])), 'data: [DONE]\n\n');
    }
  });
  onTestFinished(() => server.stop());
  return server;
}

function tenantOf(name: string, changes: Partial<Tenant>): Tenant {
  return {
    name,
    key: `key-of-${name}`,
    portion: { type: 'share', share: 1 },
    weight: 1,
    priority: null,
    prompts: { type: 'synthetic', inputTokens: parseLengths('8') },
    outputTokens: parseLengths('4'),
    sharedPrefixTokens: 0,
    conversations: singleRequests,
    ...changes,
  };
}

/** The requests with this key, without those that the bench sends before the load. */
function bodiesOf(server: ScriptedHttpServer, key: string): readonly string[] {
  return server.exchanges
    .filter(({ head, body }) => head.includes(`Bearer ${key}`) && !/"max_tokens":1[,}]/.test(body))
    .map(({ body }) => body);
}

describe('tenants', () => {
  const anna = tenantOf('anna', { outputTokens: parseLengths('3'), portion: { type: 'clients', clients: 2 } });
  const ben = tenantOf('ben', {
    outputTokens: parseLengths('9'),
    priority: 'batch',
    portion: { type: 'clients', clients: 1 },
  });
  const cleo = tenantOf('cleo', { portion: { type: 'clients', clients: 1 } });
  const load = { type: 'closed', concurrency: [4] } as const;

  it('send with keys, workloads and priorities of their own, and are reported apart', async () => {
    const server = await serveKeys();
    const options = {
      target: { type: 'url', url: server.url } as const,
      load,
      tenants: [anna, ben, cleo],
      requests: 40,
    };
    const { result, summaries } = await measure(options);
    const [run] = result.runs;
    const [first, second, third] = run?.tenants ?? [];
    expect(first).toMatchObject({ name: 'anna', clients: 2, unanswered: 0 });
    expect(first?.output_tokens).toBe(3 * (first?.completed ?? 0));
    expect(second?.output_tokens).toBe(9 * (second?.completed ?? 0));
    expect(third).toMatchObject({ name: 'cleo', completed: 0 });
    expect(third?.unanswered).toBeGreaterThan(0);
    expect((first?.completed ?? 0) + (second?.completed ?? 0) + (third?.unanswered ?? 0)).toBe(40);
    expect(run?.jain_index).toBeGreaterThan(1 / 3);
    expect(bodiesOf(server, 'key-of-anna')).toHaveLength(first?.completed ?? 0);
    expect(bodiesOf(server, 'key-of-ben').every((body) => body.includes('"priority":"batch"'))).toBe(true);
    expect(bodiesOf(server, 'key-of-anna').some((body) => body.includes('priority'))).toBe(false);

    const written = [
      JSON.stringify(result),
      toCsv(result),
      toMarkdown(result, summaries),
      await toHtml(result, summaries),
    ];
    for (const text of written) expect(text).not.toContain('key-of-');
    expect(written[2]).toContain('| anna |');
  });

  it('send the same again with the same seed, whatever the others do', async () => {
    const server = await serveKeys();
    const target = { type: 'url', url: server.url } as const;
    await measure({ target, load, tenants: [anna, ben], requests: 12 });
    const [annas, bens] = [bodiesOf(server, 'key-of-anna'), bodiesOf(server, 'key-of-ben')];
    await measure({ target, load, tenants: [anna, ben, cleo], requests: 24 });
    const again = bodiesOf(server, 'key-of-anna').slice(annas.length);
    const both = Math.min(annas.length, again.length);
    expect(again.toSorted().filter((body) => annas.includes(body))).toHaveLength(both);
    expect(bodiesOf(server, 'key-of-ben')[bens.length]).toBe(bens[0]);
  });

  it('divide the requests of an open loop by their shares', async () => {
    const server = await serveKeys();
    const shares = [tenantOf('anna', { portion: { type: 'share', share: 3 } }), tenantOf('ben', {})];
    const open = { type: 'open', rates: [400], arrival: 'constant' } as const;
    const { result } = await measure({
      target: { type: 'url', url: server.url },
      load: open,
      tenants: shares,
      requests: 100,
    });
    const counts = result.runs[0]?.tenants?.map(({ completed }) => completed) ?? [];
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(100);
    // Three quarters of 100, within five standard deviations.
    expect(Math.abs((counts[0] ?? 0) - 75)).toBeLessThan(22);
  });
});
