import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Type } from 'typebox';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { keyEntry } from '../../src/core/config/key-entry.js';
import { readingAt } from '../core/watch/readings.js';
import { deadUrl } from '../support/dead-url.js';
import { parseAs } from '../support/parse-as.js';
import { queueOf } from '../support/queue-view.js';
import { CliProcess, type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const apiKey = 'secret';
const reading = Type.Object({
  running: Type.Integer(),
  waiting: Type.Integer(),
  output_tokens_per_second: Type.Union([Type.Number(), Type.Null()]),
});

let server: ServerProcess;
beforeAll(async () => {
  const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '5ms', '--mock-token', '5ms'];
  server = await startServer([...engine, '--context', '2000000', '-n', '1', '--api-key', apiKey]);
});

async function run(
  args: readonly string[],
  variables = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const top = new CliProcess(['top', ...args], variables);
  const code = await top.exited;
  return { code, out: top.stdout, err: top.stderr };
}

describe('chatstream top without a terminal', () => {
  it('prints a reading per line, as JSON if it is told to', async () => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${apiKey}` };
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Count.' }], max_tokens: 1_000_000 });
    const ask = {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' },
      signal: leaving.signal,
    };
    const answers = [1, 2].map(() => fetch(`${server.url}/v1/chat/completions`, ask).catch(() => null));
    await until(async () => (await queueOf(server.url, headers)).waiting.length === 1, 'one that waits');
    const args = ['-u', server.url, '--interval', '200ms', '--count', '3'];
    const { code, out } = await run([...args, '--json'], { CHATSTREAM_API_KEY: `${apiKey},other` });
    const readings = out
      .trim()
      .split('\n')
      .map((line) => parseAs(reading, JSON.parse(line)));
    expect([code, readings.length]).toEqual([0, 3]);
    expect(readings[0]).toMatchObject({ running: 1, waiting: 1, output_tokens_per_second: null });
    expect(readings[2]?.output_tokens_per_second).toBeGreaterThan(0);
    const lines = await run([...args, '--api-key', apiKey]);
    expect(lines.out).toMatch(/^\d\d:\d\d:\d\d {2}1\/1 running {2}1\/64 waiting {2}– tokens\/s/);
    leaving.abort();
    await Promise.all(answers);
  });

  it('ends when nobody reads its lines any more', async () => {
    const args = ['top', '-u', server.url, '--interval', '100ms', '--api-key', apiKey];
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      '"$0" "$@" | head -n 2',
      process.execPath,
      binary,
      ...args,
    ]);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });

  it('goes on when the server does not answer for a while', async () => {
    const other = await startServer(['--engine', 'mock']);
    const top = new CliProcess(['top', '-u', other.url, '--interval', '100ms']);
    await until(() => top.stdout.includes('running'), 'a reading');
    await other.stop();
    await until(() => top.stderr.includes('cannot be reached'), 'the message');
    expect(top.hasExited).toBe(false);
    top.signal('SIGINT');
    expect(await top.exited).toBe(0);
  });
});

describe('chatstream top, when the server hangs', () => {
  it.each([
    { when: 'before the first reading', readings: 0, code: 130 },
    { when: 'after the first reading', readings: 1, code: 0 },
  ])('ends at once: $when', async ({ readings, code }) => {
    let asked = 0;
    const hanging = createServer((request, response) => {
      if (request.url === '/v1/models') response.end(JSON.stringify({ data: [{ id: 'm', owned_by: 'chatstream' }] }));
      else if (request.url === '/metrics') response.end('');
      else if (request.url === '/v1/queue') {
        asked += 1;
        if (asked <= readings) response.end(JSON.stringify(readingAt(0).queue));
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const address = hanging.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const top = new CliProcess(['top', '-u', url, '--interval', '100ms']);
    await until(() => asked > readings, 'a question without an answer');
    top.signal('SIGINT');
    // It would give up after five seconds, and say so.
    expect(await top.exited).toBe(code);
    expect(top.stderr).not.toContain('did not answer within');
  });
});

describe('chatstream top', () => {
  it('shows a user its own requests and the counts of all, without percentiles', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chatstream-top-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const config = join(folder, 'keys.yaml');
    await writeFile(config, `keys:\n${keyEntry('ada', 'hers').text}${keyEntry('ben', 'his').text}`);
    const shared = await startServer(['--engine', 'mock', '--mock-reply', 'long', '--config', config]);
    const leaving = new AbortController();
    const headers = { authorization: 'Bearer his', 'content-type': 'application/json' };
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Count.' }], max_tokens: 4000 });
    const ask = { method: 'POST', body, headers, signal: leaving.signal };
    const answer = fetch(`${shared.url}/v1/chat/completions`, ask).catch(() => null);
    await until(async () => (await queueOf(shared.url, headers)).running.length === 1, 'it to run');
    const args = ['-u', shared.url, '--count', '1'];
    const his = await run([...args, '--json', '--api-key', 'his']);
    expect([his.code, his.err]).toEqual([0, expect.stringContaining('set CHATSTREAM_API_KEY instead')]);
    expect(JSON.parse(his.out)).toMatchObject({ running: 1, ttft_ms: { p50: null, p95: null }, engine_restarts: null });
    const hers = await run([...args, '--api-key', 'hers']);
    expect([hers.code, hers.out]).toEqual([0, expect.stringMatching(/ 1\/4 running .* TTFT p50 – p95 –/)]);
    leaving.abort();
    await answer;
  });

  it('says that a key is needed', async () => {
    const { code, err } = await run(['-u', server.url]);
    expect([code, err]).toEqual([3, expect.stringContaining('needs a valid key')]);
  });

  it('says that nothing answers', async () => {
    const { code, err } = await run(['-u', await deadUrl()]);
    expect([code, err]).toEqual([3, expect.stringContaining('cannot be reached')]);
  });

  it('refuses an interval that would be a load of its own', async () => {
    const { code, err } = await run(['--interval', '1ms']);
    expect([code, err]).toEqual([2, expect.stringContaining('--interval must be at least 100ms')]);
  });
});
