import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { CliProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

/** The flags with which each command starts as fast as it can. */
const starts = { serve: ['--port', '0'], node: ['--engine', 'mock'], 'bench-agent': [] } as const;

it.concurrent.for(['serve', 'node', 'bench-agent'] as const)(
  'a signal ends %s at once while NATS does not answer',
  async (command, { onTestFinished }) => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connected = once(silent, 'connection');
    const cli = new CliProcess([command, ...starts[command], '--cluster', `nats://127.0.0.1:${port}`]);
    await connected;
    cli.signal('SIGINT');
    // Otherwise it would wait for NATS.
    expect(await cli.exited).toBe(130);
    expect(cli.stderr).toContain('Stopped before');
  },
);

describe.skipIf(!hasNats())(`before NATS runs ${needsNats}`, () => {
  it.concurrent.for([
    ['node', 'stdout', 'is ready'],
    ['bench-agent', 'stderr', 'waiting for work'],
  ] as const)(
    '%s waits for it, and ends if it refuses its clients',
    async ([command, stream, ready], { onTestFinished }) => {
      const storage = await mkdtemp(join(tmpdir(), 'chatstream-start-'));
      const nats = await NatsServer.start(['-js', '-sd', storage]);
      onTestFinished(async () => {
        await nats.stop();
        await rm(storage, { recursive: true });
      });
      await nats.stop();
      const args = [command, ...starts[command], '--cluster', `nats://${nats.address}`];
      const early = new CliProcess(args);
      await until(() => early.stderr.includes('waiting for NATS'), 'the first attempt');
      expect(early.stderr).toContain(`NATS cannot be reached at nats://${nats.address}: nothing listens there.`);
      await nats.restart();
      await until(() => early[stream].includes(ready), command);
      early.signal('SIGTERM');
      expect(await early.exited).toBe(0);

      await nats.restart(['--auth', 'token']);
      const refused = new CliProcess(args);
      expect(await refused.exited).toBe(3);
      expect(refused.stderr).toContain('refuses clients without credentials');
    },
  );
});
