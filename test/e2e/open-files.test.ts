import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

/** Restarts are tried again with a growing delay. */
const restartDeadlineMs = 90_000;

const openFiles = 500;

function canSetLimits(): boolean {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Changes how many files a running process may open. */
function limitFiles(pid: number, files: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
}

describe.skipIf(!canSetLimits())('with no file descriptor left (needs prlimit, of Linux)', () => {
  it(
    'the death of the engine leaves the server alive, and the engine is restarted when there is one again',
    async () => {
      const server = await startServer(['--engine', 'mock', '--mock-token', '5ms'], {}, { openFiles });
      // Standard input, output and error are open; every other number is above the limit now.
      limitFiles(server.pid, 3);
      process.kill(server.enginePid, 'SIGKILL');
      await until(() => server.stderr.includes('EMFILE') || server.hasExited, 'a restart that fails');
      limitFiles(server.pid, openFiles);
      await until(() => server.enginePids.length === 2 || server.hasExited, 'the second engine', restartDeadlineMs);
      expect(server.hasExited).toBe(false);
      expect(server.log).toContainEqual(
        expect.objectContaining({
          msg: 'engine died and is being restarted',
          reason: expect.stringMatching(/^The engine process could not be started: .*EMFILE/) as unknown,
        }),
      );
      expect(await streamChat(server.url, 'Hello.').ended).toMatchObject({ status: 200, isComplete: true });
      expect(await server.stop()).toBe(0);
    },
    restartDeadlineMs + 60_000,
  );
});
