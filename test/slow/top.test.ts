import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueOf } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { hasTerminal, Terminal } from '../support/terminal.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
describe.skipIf(!hasTerminal())('chatstream top on a terminal (needs tmux)', () => {
  const terminal = new Terminal();
  let server: ServerProcess;
  const leaving = new AbortController();

  beforeAll(async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '5ms', '--mock-token', '20ms'];
    server = await startServer([...engine, '--context', '2000000', '-n', '1', '--slots', '2']);
    await terminal.start({ columns: 100, rows: 24 });
  });
  afterAll(async () => {
    leaving.abort();
    await terminal.end();
  });

  it('shows the queues, turns the limit, follows the window, and leaves the terminal as it was', async () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Count.' }], max_tokens: 1_000_000 });
    const ask = { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal: leaving.signal };
    for (let index = 0; index < 3; index += 1) {
      fetch(`${server.url}/v1/chat/completions`, ask)
        .then((response) => response.text())
        .catch(() => undefined);
    }
    await terminal.enter(`echo before; ${process.execPath} ${binary} top -u ${server.url}`);
    await terminal.untilShown(/running\s+1 of 1[^]*waiting\s+2 of 64/);
    expect(await terminal.untilShown(/tokens\/s\s+[1-9]/)).not.toContain('before');

    await terminal.press('+');
    await terminal.untilShown('max-concurrency is 2 now.');
    await terminal.untilShown(/running\s+2 of 2[^]*waiting\s+1 of 64/);
    expect((await queueOf(server.url)).max_concurrency).toBe(2);
    await terminal.press('+');
    await terminal.untilShown('max-concurrency can be from 1 to 2, the number of slots.');
    await terminal.press('-');
    await terminal.untilShown('max-concurrency is 1 now.');

    await terminal.resize(50, 12);
    const small = await terminal.untilShown(/ {2}[\da-f]{6}$/m);
    expect(small.trimEnd().split('\n').length).toBeLessThanOrEqual(12);

    await terminal.press('q');
    expect(await terminal.untilShown('before')).not.toContain('q quits');
  });

  it('turns the limit of the model that the arrow keys choose', async () => {
    const several = await startServer(['--engine', 'mock', '-m', 'chat=x', '-m', 'code=y', '-n', '2']);
    await terminal.resize(100, 24);
    await terminal.enter(`${process.execPath} ${binary} top -u ${several.url}`);
    await terminal.untilShown(/› chat\s+0 of 2/);
    await terminal.press('Down');
    await terminal.untilShown(/› code\s+0 of 2/);
    await terminal.press('-');
    await terminal.untilShown('max-concurrency of code is 1 now.');
    await terminal.untilShown(/ {2}chat\s+0 of 2[^]*› code\s+0 of 1/);
    await terminal.press('q');
  });
});
