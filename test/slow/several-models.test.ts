import { describe, expect, it } from 'vitest';
import { lives } from '../core/engine/process/processes.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const servers = {
  mock: ['--engine', 'mock', '-m', 'chat=x', '-m', 'code=y', '--mock-token', '20ms'],
  bundled: ['-m', 'chat=bundled', '-m', 'code=bundled', '--gpu', 'off', '--threads', '1'],
};

/** Resolves when the answer begins. */
function ask(server: ServerProcess, model: string, tokens: number): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model, max_tokens: tokens, ignore_eos: true, stream: true, stream_options: { include_queue: true } },
      messages: [{ role: 'user', content: 'Hello!' }],
    }),
  });
}

async function stream(server: ServerProcess, model: string): Promise<string> {
  return (await ask(server, model, 5)).text();
}

async function get(server: ServerProcess, path: string): Promise<unknown> {
  return (await fetch(server.url + path)).json();
}

describe.each(Object.entries(servers))('two models, of which one is in memory, with %s', (_name, args) => {
  it('take turns: waiting clients see the load, what runs ends first, and memory is given back', async () => {
    const server = await startServer([...args, '--max-loaded', '1']);
    const first = server.enginePid;
    const answer = await ask(server, 'chat', 60);
    const waiting = await stream(server, 'code');
    const running = await answer.text();
    expect(running).toContain('[DONE]');
    expect(running).not.toContain('loading');
    expect(waiting).toMatch(/^: loading model=code/);
    expect(waiting).toContain('[DONE]');
    expect(await get(server, '/v1/models')).toMatchObject({
      data: [
        { id: 'chat', state: 'unloaded' },
        { id: 'code', state: 'loaded' },
      ],
    });
    await until(() => !lives(first), 'the end of the engine of the first model');

    const again = await stream(server, 'chat');
    expect(again).toMatch(/^: loading model=chat( eta_ms=\d+)?\n/);
    expect(again).toContain('[DONE]');
    expect(await get(server, '/readyz')).toEqual({ status: 'ready' });
    expect(await server.stop()).toBe(0);
  });
});
