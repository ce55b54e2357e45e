import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keyEntry } from '../../src/core/config/key-entry.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf, untilQueued } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-keys-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The entry of a key whose name is also its secret. */
function entry(name: string, ...settings: readonly string[]): string {
  return keyEntry(name, name).text + settings.map((each) => `    ${each}\n`).join('');
}

/** Written as editors do it: there is never half a file. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const headersOf = (key: string): Record<string, string> => ({
  authorization: `Bearer ${key}`,
  'content-type': 'application/json',
});

interface Answered {
  readonly status: number;
  readonly text: string;
}

async function ask(server: ServerProcess, key: string, content: string, more: object = {}): Promise<Answered> {
  const body = JSON.stringify({ messages: [{ role: 'user', content }], ...more });
  const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers: headersOf(key), body });
  return { status: response.status, text: await response.text() };
}

describe('a configuration file that changes 1,000 times under load', () => {
  const reloads = 1000;
  const boss = entry('boss', 'role: admin');
  /** Anna and Ben stay, with other settings each time; Eva comes and goes; some files are broken. */
  const files = [
    `keys:\n${boss}${entry('anna', 'share: 2', 'reserve: 1')}${entry('ben')}${entry('eva')}`,
    `keys:\n${boss}${entry('anna', 'class: batch')}${entry('ben', 'class: interactive', 'limits: { running: 1 }')}`,
    `keys: [{ name: broken`,
    `keys:\n${boss}${entry('anna')}${entry('ben', 'reserve: 2')}${entry('eva', 'share: 0.1')}\nclasses: { interactive: { reserve: 1 } }\n`,
    `keys:\n${boss}${entry('anna', 'reserve: 4')}${entry('ben')}`,
  ];

  it('loses no request', { timeout: 300_000 }, async () => {
    const path = join(folder, 'reloads.yaml');
    write(path, files[0] ?? '');
    const mock = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '2ms', '--mock-token', '2ms'];
    const server = await startServer([...mock, '--config', path, '-n', '4', '--class-patience', '50ms']);
    const answers = new Map<string, Answered[]>([
      ['anna', []],
      ['ben', []],
      ['eva', []],
    ]);
    let isOver = false;
    const clients = [...answers].flatMap(([key, got]) =>
      [1, 2, 3].map(async (client) => {
        while (!isOver) {
          const content = `client ${client} of ${key}, request ${got.length}`;
          const answer = await ask(server, key, content);
          if (answer.status === 200) expect(answer.text).toContain(content);
          got.push(answer);
        }
      }),
    );
    let read = 0;
    const hasReadAgain = (): boolean => {
      const [...ends] = server.stderr.matchAll(/configuration was read again|configuration is not used/g);
      if (ends.length <= read) return false;
      read = ends.length;
      return true;
    };
    for (let reload = 1; reload <= reloads; reload += 1) {
      write(path, files[reload % files.length] ?? '');
      server.signal('SIGHUP');
      await until(hasReadAgain, `reload ${reload}`);
    }
    isOver = true;
    await Promise.all(clients);

    const statusesOf = (key: string): readonly number[] => [
      ...new Set((answers.get(key) ?? []).map(({ status }) => status)),
    ];
    expect(statusesOf('anna')).toEqual([200]);
    expect(statusesOf('ben')).toEqual([200]);
    // She is let in by some of the files only; once let in, she gets her answer.
    expect(statusesOf('eva').toSorted()).toEqual([200, 401]);
    const completed = [...answers.values()].flat().filter(({ status }) => status === 200).length;
    const queue = await queueOf(server.url, headersOf('boss'));
    expect(queue).toMatchObject({
      running: [],
      waiting: [],
      totals: { completed, failed: 0, refused: 0, timed_out: 0 },
    });
    expect(server.stderr).toContain('Keys and classes reserve 4 places together');
    expect(server.stderr).toContain('is not YAML');
    expect(await server.stop()).toBe(0);
  });
});

describe('keys on the real engine', () => {
  it('take turns, keep to their models, have their reserve, and are counted one by one', async () => {
    const path = join(folder, 'real.yaml');
    const eva = entry('eva', 'reserve: 1', 'models: [small]');
    write(path, `keys:\n${entry('boss', 'role: admin')}${entry('script')}${entry('ben')}${eva}`);
    // Takes a few milliseconds per token, so that the first answer goes on while all of this is looked at.
    const model = await syntheticModel({ dim: 256, layers: 8, ffn: 1024, context: 4096 });
    const engine = ['--model', model, '--gpu', 'off', '--threads', '1', '--alias', 'small'];
    const server = await startServer([...engine, '--config', path, '-n', '2']);
    const long = { max_tokens: 1000, ignore_eos: true };
    const short = { max_tokens: 50, ignore_eos: true };
    const script: Promise<Answered>[] = [];
    for (let sent = 1; sent <= 5; sent += 1) {
      script.push(ask(server, 'script', 'Count.', sent === 1 ? long : short));
      await untilQueued(server.url, 1, sent - 1, headersOf('boss'));
    }
    const ben = ask(server, 'ben', 'Hello.', { max_tokens: 8 });
    const { waiting } = await untilQueued(server.url, 1, 5, headersOf('boss'));
    expect(waiting.map(({ key, position, waits_for: reason }) => [key, position, reason])).toEqual([
      ['ben', 1, 'reserve'],
      ...[2, 3, 4, 5].map((position) => ['script', position, 'reserve']),
    ]);
    const evas = ask(server, 'eva', 'Hello.', { ...long, model: 'small' });
    await untilQueued(server.url, 2, 5, headersOf('boss'));
    expect((await ask(server, 'eva', 'Hello.', { model: server.ready.model })).status).toBe(403);

    const all = await Promise.all([...script, ben, evas]);
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    const usage = await fetch(`${server.url}/v1/usage`, { headers: headersOf('boss') });
    expect(await usage.json()).toMatchObject({
      data: [
        { key: 'ben', requests: { completed: 1 } },
        { key: 'eva', requests: { completed: 1 }, tokens: { output: 1000 } },
        { key: 'script', requests: { completed: 5 }, tokens: { output: 1200 } },
      ],
    });
    expect(await server.stop()).toBe(0);
  });
});
