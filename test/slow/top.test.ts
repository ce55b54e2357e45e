import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueOf } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const run = promisify(execFile);
/** A tmux server of its own, which knows nothing of the user's sessions. */
const socket = `chatstream-test-${process.pid}`;

const hasTmux = ((): boolean => {
  try {
    execFileSync('tmux', ['-V']);
    return true;
  } catch {
    // On CI everything is installed, and nothing is skipped.
    if (process.env['CI'] === 'true') throw new Error('CI needs tmux.');
    return false;
  }
})();

async function tmux(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('tmux', ['-L', socket, ...args]);
  return stdout;
}

function screen(): Promise<string> {
  return tmux('capture-pane', '-p');
}

async function untilShown(text: string | RegExp): Promise<string> {
  return await until(async () => {
    const shown = await screen();
    return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) && shown;
  }, `${text} on the screen`);
}

describe.skipIf(!hasTmux)('chatstream top on a terminal (needs tmux)', () => {
  let server: ServerProcess;
  const leaving = new AbortController();

  beforeAll(async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '5ms', '--mock-token', '20ms'];
    server = await startServer([...engine, '--context', '2000000', '-n', '1', '--slots', '2']);
    await tmux('new-session', '-d', '-x', '100', '-y', '24', 'sh');
  });
  afterAll(async () => {
    leaving.abort();
    await tmux('kill-server');
  });

  it('shows the queues, turns the limit, follows the window, and leaves the terminal as it was', async () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Count.' }], max_tokens: 1_000_000 });
    const ask = { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal: leaving.signal };
    for (let index = 0; index < 3; index += 1) {
      fetch(`${server.url}/v1/chat/completions`, ask)
        .then((response) => response.text())
        .catch(() => undefined);
    }
    await tmux('send-keys', `echo before; ${process.execPath} ${binary} top -u ${server.url}`, 'Enter');
    await untilShown(/running\s+1 of 1[^]*waiting\s+2 of 64/);
    expect(await untilShown(/tokens\/s\s+[1-9]/)).not.toContain('before');

    await tmux('send-keys', '+');
    await untilShown('max-concurrency is 2 now.');
    await untilShown(/running\s+2 of 2[^]*waiting\s+1 of 64/);
    expect((await queueOf(server.url)).max_concurrency).toBe(2);
    await tmux('send-keys', '+');
    await untilShown('max-concurrency can be from 1 to 2, the number of slots.');
    await tmux('send-keys', '-');
    await untilShown('max-concurrency is 1 now.');

    await tmux('resize-window', '-x', '50', '-y', '12');
    const small = await untilShown(/… and 1 more|chatcmpl-[\w-]*…/);
    expect(small.trimEnd().split('\n').length).toBeLessThanOrEqual(12);

    await tmux('send-keys', 'q');
    expect(await untilShown('before')).not.toContain('q leaves');
  });
});
