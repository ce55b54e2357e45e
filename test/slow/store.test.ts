import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { member } from '../../src/core/base/json.js';
import { ResponsesClient, textOf } from '../support/responses-client.js';
import { runCli, type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-store-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
const newFile = (): string => join(folder, `${files++}.db`);

const fast = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '1ms', '--mock-token', '1ms', '-n', '16'];

function start(file: string, ...more: readonly string[]): Promise<ServerProcess> {
  return startServer([...fast, '--store', file, ...more]);
}

describe('a server that is killed while it stores', () => {
  it('has everything that it has answered when it starts again', { timeout: 240_000 }, async () => {
    const file = newFile();
    const answered = new Map<string, { readonly text: string; readonly store: boolean }>();
    /** What was said in each conversation, as far as its answers arrived. */
    const conversed = new Map<string, readonly string[]>();
    for (let kill = 1; kill <= 2; kill++) {
      const server = await start(file);
      const client = new ResponsesClient(server.url);
      const before = answered.size;
      const senders = Array.from({ length: 16 }, async (_, sender) => {
        const conversation = sender % 4 === 0 ? await client.converse() : null;
        for (let turn = 0; ; turn++) {
          const text = `round ${kill}, sender ${sender}, turn ${turn}`;
          const body = { input: text, ...(conversation !== null && { conversation }) };
          try {
            const response = await (sender % 2 === 0 ? client.respond(body) : client.stream(body));
            answered.set(response.id, { text, store: response.store });
            if (conversation !== null)
              conversed.set(conversation, [...(conversed.get(conversation) ?? []), text, text]);
            // In this moment others are being stored, and some answers are on their way.
            if (answered.size === before + 150) server.signal('SIGKILL');
          } catch (error) {
            // The server is dead.
            if (!server.hasExited) await server.exited;
            return error;
          }
        }
      });
      await Promise.all(senders);
    }
    const server = await start(file);
    const client = new ResponsesClient(server.url);
    for (const [id, { text, store }] of answered) {
      expect(store).toBe(true);
      const response = await client.retrieve(id);
      expect(response === null ? null : textOf(response), id).toBe(text);
    }
    expect(conversed.size).toBeGreaterThanOrEqual(4);
    for (const [id, texts] of conversed) {
      const kept = await client.textsIn(id);
      expect(kept.slice(0, texts.length), id).toEqual(texts);
      // One more turn at most, whose answer was on its way.
      expect([0, 2]).toContain(kept.length - texts.length);
    }
    await server.stop();
  });
});

describe('a server that is started again with its file', () => {
  it('continues responses and conversations, and what was deleted stays deleted', async () => {
    const file = newFile();
    const first = await start(file);
    const before = new ResponsesClient(first.url);
    const { id } = await before.respond({ input: 'One' });
    const next = await before.stream({ input: 'Two', previous_response_id: id });
    const deleted = await before.respond({ input: 'Gone' });
    const conversation = await before.converse();
    const gone = await before.converse();
    await before.respond({ input: 'Hello', conversation });
    expect(await before.status(`/responses/${deleted.id}`, 'DELETE')).toBe(200);
    expect(await before.status(`/conversations/${gone}`, 'DELETE')).toBe(200);
    await first.stop();
    expect(existsSync(`${file}-wal`)).toBe(false);

    const second = await start(file);
    const after = new ResponsesClient(second.url);
    const third = await after.respond({ input: 'Three', previous_response_id: next.id });
    expect(textOf(third)).toBe('Three');
    // Each turn has more before it: what the earlier ones said is a part of the prompt.
    expect(await after.count(`/conversations/${conversation}/items`)).toBe(2);
    await after.respond({ input: 'Again', conversation });
    expect(await after.count(`/conversations/${conversation}/items`)).toBe(4);
    expect(await after.status(`/responses/${deleted.id}`)).toBe(404);
    expect(await after.status(`/conversations/${gone}`)).toBe(404);
    await second.stop();

    // All of it was used longer ago than that.
    const last = await start(file, '--store-ttl', '1ms');
    const late = new ResponsesClient(last.url);
    expect(await late.status(`/responses/${third.id}`)).toBe(404);
    expect(await late.status(`/conversations/${conversation}`)).toBe(404);
    await last.stop();
  });
});

function canSetLimits(): boolean {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), '--fsize'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** How far a process may write into files, in bytes, as if the disk were full there. */
function limitFiles({ pid }: ServerProcess, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
}

describe.skipIf(!canSetLimits())('on a full disk (needs prlimit, of Linux)', () => {
  it('answers all the same, says what is not kept, warns once, and recovers', async () => {
    const file = newFile();
    const server = await start(file);
    const client = new ResponsesClient(server.url);
    const conversation = await client.converse();
    const kept = await client.respond({ input: 'Kept' });

    limitFiles(server, 1);
    const whole = await client.respond({ input: 'Whole' });
    const streamed = await client.stream({ input: 'Streamed' });
    const said = await client.respond({ input: 'Said', conversation, store: false });
    expect([whole, streamed, said].map((response) => [textOf(response), response.store])).toEqual([
      ['Whole', false],
      ['Streamed', false],
      ['Said', false],
    ]);
    expect(said.conversation).toBeNull();
    expect(await client.status(`/responses/${whole.id}`)).toBe(404);
    expect(await client.status(`/responses/${kept.id}`)).toBe(200);
    const refused = await client.post('/conversations', {});
    expect([refused.status, await refused.json()]).toMatchObject([507, { error: { code: 'storage_failed' } }]);
    expect(await client.status(`/responses/${kept.id}`, 'DELETE')).toBe(507);
    const warnings = (): unknown[] =>
      server.log.filter((line) => JSON.stringify(line).includes('responses are answered, but not kept'));
    await until(() => warnings().length > 0, 'the warning');
    expect(warnings()).toMatchObject([{ level: 'warn', store: file, reason: 'disk I/O error' }]);

    limitFiles(server, 'unlimited');
    const later = await client.respond({ input: 'Later' });
    expect(later.store).toBe(true);
    expect(await client.count(`/conversations/${conversation}/items`)).toBe(0);
    await until(() => server.stderr.includes('the store works again'), 'the all-clear');
    server.signal('SIGKILL');
    await server.exited;

    const again = await start(file);
    const after = new ResponsesClient(again.url);
    expect(await after.status(`/responses/${kept.id}`)).toBe(200);
    expect(await after.status(`/responses/${later.id}`)).toBe(200);
    expect(await after.status(`/responses/${whole.id}`)).toBe(404);
    await again.stop();
  });
});

describe('a file that cannot be a store', () => {
  it('ends the start with what to do, and is left as it is', async () => {
    const foreign = newFile();
    writeFileSync(foreign, 'These are my notes.\n'.repeat(500));
    const run = await runCli(['serve', ...fast, '--store', foreign]);
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain(`--store ${foreign} is not a file in which chatstream keeps responses.`);
    expect(readFileSync(foreign, 'utf8')).toBe('These are my notes.\n'.repeat(500));
  });

  it('may be that of a server that runs', async () => {
    const file = newFile();
    const server = await start(file);
    const run = await runCli(['serve', ...fast, '--port', '0', '--store', file]);
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain('is in use by another process');
    await server.stop();
  });
});

describe('chatstream feedback export', () => {
  it('prints what people think, with the prompts and answers that are stored', async () => {
    const key = 'secret';
    const server = await startServer([...fast, '--api-key', key]);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const post = async (path: string, body: object): Promise<unknown> =>
      (await fetch(`${server.url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    const stored = await post('/responses', { input: 'What is good?', instructions: 'Be short.' });
    const unstored = await post('/responses', { input: 'Forget it.', store: false });
    await post('/feedback', { response_id: member(stored, 'id'), like: true, comment: 'Right.' });
    await post('/feedback', { response_id: member(unstored, 'id'), like: false });
    const run = await runCli(['feedback', 'export', '-u', server.url], { CHATSTREAM_API_KEY: key });
    expect([await run.exited, run.stderr]).toEqual([0, '']);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      {
        ...{ response_id: member(stored, 'id'), like: true, comment: 'Right.' },
        prompt: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'What is good?' },
        ],
        answer: { role: 'assistant', content: 'What is good?' },
      },
      { response_id: member(unstored, 'id'), like: false },
    ]);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ prompt: null, answer: null });
    const refused = await runCli(['feedback', 'export', '-u', server.url]);
    expect([await refused.exited, refused.stdout]).toEqual([3, '']);
    await server.stop();
  });
});
