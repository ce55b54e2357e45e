import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { streamChat } from '../support/answer-stream.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

/** More than a server needs by itself: it opens many files at once while it loads its code. */
const openFiles = 500;

/** A restart that comes too late for the first three tries is tried again after a minute. */
const restartDeadlineMs = 100_000;

/** Connections that are opened, send nothing and may be refused. */
function idleConnections(port: number, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    // The server resets those for which it has no descriptor.
    socket.on('error', () => undefined);
    return socket;
  });
}

describe('with no file descriptor left', () => {
  it(
    'the death of the engine leaves the server alive, and the engine is restarted when there is one again',
    async () => {
      const engine = ['--engine', 'mock', '--mock-token', '5ms'];
      const server = await startServer(engine, {}, { openFiles });
      const sockets = idleConnections(Number(new URL(server.url).port), openFiles + 100);
      await until(() => sockets.some(({ destroyed }) => destroyed), 'the server to have no descriptor left');
      process.kill(server.enginePid, 'SIGKILL');
      await until(() => server.stderr.includes('EMFILE') || server.hasExited, 'a restart that fails');
      for (const socket of sockets) socket.destroy();
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
