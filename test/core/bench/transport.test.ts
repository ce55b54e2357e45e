import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ScriptedExchange, ScriptedHttpServer } from '../../support/scripted-http-server.js';
import { selfSigned } from '../../support/self-signed.js';
import { measure } from './measure.js';
import { modelList, routeOf } from './target/routes.js';

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const done = 'data: [DONE]\n\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-transport-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('a server on a Unix socket', () => {
  /** Has OpenAI's routes below /base, and streams two words. */
  async function listen(): Promise<{ readonly path: string; readonly requests: string[] }> {
    const path = join(folder, 'llm.sock');
    const requests: string[] = [];
    const answer: RequestListener = (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      request.resume();
      if (request.url?.startsWith('/base/v1/chat/completions')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(token + token + done);
      } else if (request.url?.startsWith('/base/v1/models')) {
        response.end(JSON.stringify(modelList('me', 'parrot').body));
      } else response.writeHead(404).end();
    };
    const server = createServer(answer).listen(path);
    await once(server, 'listening');
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return { path, requests };
  }

  it.each([1, 2])('is measured, with %d threads, and its query is not shown', async (workers) => {
    const { path, requests } = await listen();
    const load = { type: 'closed', concurrency: [2] } as const;
    const { result } = await measure({ target: { type: 'url', url: `unix:${path}:/base?key=hush` }, workers, load });
    expect(result.runs[0]?.requests).toMatchObject({ completed: 4, failed: 0 });
    expect(result.target).toMatchObject({ url: `unix:${path}:/base`, model: 'parrot' });
    expect(JSON.stringify(result)).not.toContain('hush');
    expect(requests.every((each) => each.endsWith('?key=hush'))).toBe(true);
  });

  it('that does not exist is reported as such', async () => {
    const url = `unix:${join(folder, 'missing.sock')}`;
    await expect(measure({ target: { type: 'url', url } })).rejects.toMatchObject({
      code: 'target_unreachable',
      message: `${url} cannot be reached. There is no socket ${folder}/missing.sock. Is the server running?`,
    });
  });
});

describe('a server with a certificate of its own', () => {
  async function listen(): Promise<ScriptedHttpServer> {
    const server = await ScriptedHttpServer.start(async (exchange: ScriptedExchange) => {
      if (routeOf(exchange) === 'POST /v1/chat/completions') await exchange.stream(token, token, done);
      else if (routeOf(exchange) === 'GET /v1/models') {
        await exchange.answer('200 OK', [], JSON.stringify(modelList('me', 'parrot').body));
      } else await exchange.answer('404 Not Found', [], '');
    }, selfSigned);
    onTestFinished(() => server.stop());
    return server;
  }

  it.each([
    ['--ca', (caPath: string) => ({ caPath }), 1],
    ['--ca', (caPath: string) => ({ caPath }), 2],
    ['--insecure', () => ({ insecure: true }), 1],
  ])('is measured with %s, and so is the second server (%#)', async (_flag, options, workers) => {
    const caPath = join(folder, 'ca.pem');
    writeFileSync(caPath, selfSigned.cert);
    const [candidate, baseline] = [await listen(), await listen()];
    const target = { type: 'url', url: candidate.url } as const;
    const load = { type: 'closed', concurrency: [2] } as const;
    const { result } = await measure({ target, versus: baseline.url, load, workers, ...options(caPath) });
    for (const [run] of [result.runs, result.versus?.runs ?? []]) expect(run?.requests.completed).toBe(4);
  });

  it('is refused without, and the message names the flags', async () => {
    const { url } = await listen();
    await expect(measure({ target: { type: 'url', url } })).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringMatching(/No secure connection .* --ca .* --insecure/) as string,
    });
  });

  it.each([
    ['has none in it', 'hello', 'There is no certificate to trust in PATH: '],
    ['does not exist', null, 'The certificates PATH cannot be read: there is no such file or folder.'],
  ])('needs a file of certificates; one that %s is refused before anything is asked', async (_name, content, why) => {
    const caPath = join(folder, 'ca.pem');
    if (content !== null) writeFileSync(caPath, content);
    const server = await listen();
    await expect(measure({ target: { type: 'url', url: server.url }, caPath })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(why.replace('PATH', caPath)) as string,
    });
    expect(server.connections).toBe(0);
  });
});
