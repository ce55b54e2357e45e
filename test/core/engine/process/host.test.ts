import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { compiledFile } from '../../../../src/core/base/processes/compiled-file.js';
import type { ProcessRole } from '../../../../src/core/engine/process-role.js';
import { until } from '../../../support/until.js';
import { mockOptions } from '../mock/mock-harness.js';

const entry = fileURLToPath(
  compiledFile(new URL('../../../../src/core/engine/process/host.ts', import.meta.url).href, './host.js'),
);

let host: ChildProcess | null = null;

afterEach(() => {
  host?.kill('SIGKILL');
});

/** Starts a host; `answers` grows by what it says, without heartbeats. */
async function start(role: ProcessRole): Promise<{ readonly process: ChildProcess; readonly answers: unknown[] }> {
  const answers: unknown[] = [];
  const child = fork(entry, { execArgv: [] });
  host = child;
  child.on('message', (message) => {
    if (JSON.stringify(message) !== '{"type":"heartbeat"}') answers.push(message);
  });
  child.send({ type: 'start', role, options: mockOptions });
  await until(() => answers.length === 1, 'the start');
  answers.length = 0;
  return { process: child, answers };
}

describe('host', () => {
  it('does not begin a call that was dropped meanwhile', async () => {
    const { process: child, answers } = await start('engine');
    // While it is stopped, messages pile up; when it goes on, it reads all of them at once.
    child.kill('SIGSTOP');
    child.send({ type: 'tokenize', call: 1, text: 'a' });
    child.send({ type: 'drop', call: 1 });
    child.send({ type: 'drop', call: 7 });
    child.send({ type: 'tokenize', call: 2, text: 'b' });
    child.kill('SIGCONT');
    await until(() => answers.length > 0, 'an answer');
    expect(answers).toEqual([{ type: 'tokens', call: 2, tokens: [98] }]);
  });
});
