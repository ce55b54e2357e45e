import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { CliProcess } from '../support/server-process.js';

it.each(['serve', 'node'])('a signal ends %s at once while NATS does not answer', async (command) => {
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const engine = command === 'node' ? ['--engine', 'mock'] : ['--port', '0'];
  const connected = once(silent, 'connection');
  const cli = new CliProcess([command, ...engine, '--cluster', `nats://127.0.0.1:${port}`]);
  await connected;
  cli.signal('SIGINT');
  // Otherwise it would give up after five seconds, with another code.
  expect(await cli.exited).toBe(130);
  expect(cli.stderr).toContain('Stopped before');
});
