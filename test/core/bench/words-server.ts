import type { BenchHooks, BenchReport } from '../../../src/core/bench/bench.js';
import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import type { ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { measure } from './measure.js';
import { serveScript } from './target/routes.js';

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';

/** A server with one model that streams three words, after `onRequest` has done its part. */
export async function serveWords(
  onRequest: (answered: number) => Promise<void> = () => Promise.resolve(),
): Promise<ScriptedHttpServer> {
  let answered = 0;
  const server = await serveScript(async (exchange) => {
    if (exchange.head.startsWith('GET /v1/models')) {
      await exchange.answer('200 OK', ['Content-Type: application/json'], '{"object":"list","data":[{"id":"parrot"}]}');
    } else if (exchange.head.startsWith('POST')) {
      await onRequest((answered += 1));
      await exchange.stream(token, token, token, 'data: [DONE]\n\n');
    } else await exchange.answer('404 Not Found', [], '');
  });
  return server;
}

/** A bench of a server that runs already. */
export function measureAt(
  { url, ...options }: Partial<BenchOptions> & { readonly url: string },
  hooks: Partial<BenchHooks> = {},
): Promise<BenchReport> {
  return measure({ target: { type: 'url', url }, ...options }, hooks);
}
