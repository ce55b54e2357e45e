import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { untilQueued } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { hasTerminal, Terminal } from '../support/terminal.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const mock = ['--engine', 'mock', '--mock-prefill', '5ms', '--mock-token', '20ms'];

function pipe(args: readonly string[], input: string): { stdout: string; stderr: string; exitCode: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [binary, 'chat', ...args], {
    input,
    encoding: 'utf8',
  });
  return { stdout, stderr, exitCode: status };
}

describe('chatstream chat in a pipe', () => {
  it('answers what is in its arguments and on stdin, as plain text, with a server of its own', () => {
    const { stdout, stderr, exitCode } = pipe(['Repeat:', ...mock, '--mock-reply', 'echo'], '**A** `b`\n');
    expect({ stdout, exitCode }).toEqual({ stdout: 'Repeat:\n\n**A** `b`\n', exitCode: 0 });
    expect(stderr).toContain('Starting a server with the mock engine');
  });

  it.each([
    [[], 2, 'There is no message to answer.'],
    [['Hi', '-u', 'http://127.0.0.1:9'], 3, 'Nothing listens at 127.0.0.1:9.'],
    [['Hi', '-u', 'http://127.0.0.1:9', '--engine', 'mock'], 2, '--engine is for a server that is started here'],
    [['Hi', '--load', '/nowhere.json'], 2, '/nowhere.json cannot be read'],
  ])('%j says what is wrong', (args, code, message) => {
    const { stdout, stderr, exitCode } = pipe(args, '');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: code });
    expect(stderr).toContain(message);
  });
});

describe.skipIf(!hasTerminal())('chatstream chat on a terminal (needs tmux)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-chat-'));
  let server: ServerProcess;
  const screen = new Terminal();

  beforeAll(async () => {
    server = await startServer([...mock, '--mock-reply', 'echo', '--context', '100000', '-n', '1']);
    await screen.start({ columns: 80, rows: 30 });
  });
  afterAll(async () => {
    await screen.end();
    rmSync(folder, { recursive: true });
  });

  it('lays answers out, waits in line, stops, regenerates, has a system prompt, saves and loads, and leaves', async () => {
    // In one line, as what is typed while a program ends may be read by the program.
    await screen.enter(`${process.execPath} ${binary} chat -u ${server.url}; echo "left with $?"`);
    await screen.untilShown('/help lists the commands.');
    await screen.enter('# Fruit **one** and `two`');
    // The mark of the heading is gone: it was laid out.
    await screen.untilShown(/^Fruit one and two$/m);
    await screen.untilShown(/\d+ tokens · [\d.]+ tokens\/s · first after/);

    const { tokens: first } = await untilQueued(server.url, 0, 0);
    await screen.enter('/regenerate');
    await screen.untilShown(/(?:^Fruit one and two$[^]* first after [^]*){2}/m);
    const { tokens: second } = await untilQueued(server.url, 0, 0);
    // The same was asked: the first answer was not sent along.
    expect(second.prompt).toBe(2 * first.prompt);
    await screen.enter('/system Be short.');
    await screen.untilShown(/^System prompt: Be short\.$/m);
    await screen.enter('/regenerate');
    await screen.untilShown(/(?:^Fruit one and two$[^]* first after [^]*){3}/m);
    const { tokens: third } = await untilQueued(server.url, 0, 0);
    // The server was told more.
    expect(third.prompt).toBeGreaterThan(3 * first.prompt);

    const leaving = new AbortController();
    const { ended } = streamChat(server.url, 'word '.repeat(400), {}, leaving.signal);
    await untilQueued(server.url, 1, 0);
    await screen.enter('Me too');
    await screen.untilShown(/waiting: next in the queue/);
    await screen.press('C-c');
    await screen.untilShown('stopped');
    await untilQueued(server.url, 1, 0);
    leaving.abort();
    await ended;
    await untilQueued(server.url, 0, 0);

    await screen.enter('slow '.repeat(60));
    await screen.untilShown(/^slow slow/m);
    await screen.press('C-c');
    await untilQueued(server.url, 0, 0);
    await screen.enter('/set temperature 0.5');
    await screen.untilShown('Set: temperature 0.5.');
    const file = join(folder, 'talk.json');
    await screen.enter(`/save ${file}`);
    await screen.untilShown('Saved to');
    const saved: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(saved).toMatchObject({ system: 'Be short.', parameters: { temperature: 0.5 } });
    await screen.enter('/clear');
    await screen.untilShown('A new conversation.');
    await screen.enter('/regenerate');
    await screen.untilShown('There is no answer to regenerate.');
    await screen.enter(`/load ${file}`);
    // Between two prompts, the terminal sends a signal that ends the program instead of a key.
    await screen.untilShown(/4 messages\.\s+>\s*$/);
    await screen.press('C-c');
    await screen.untilShown(/Ctrl-C again, or \/exit, to leave\.\s+>\s*$/);
    await screen.press('C-c');
    await screen.untilShown('left with 0');
    expect(await server.stop()).toBe(0);
  });
});
