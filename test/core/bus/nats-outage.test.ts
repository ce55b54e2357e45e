import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Bus, Obstacle } from '../../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { connectNats } from '../../../src/core/bus/nats-bus.js';
import { connectionReason, NatsOutage, type Trial } from '../../../src/core/bus/nats-outage.js';
import { deadUrl } from '../../support/dead-url.js';
import { hasNats, NatsServer, needsNats } from '../../support/nats-server.js';
import { selfSigned } from '../../support/self-signed.js';
import { until } from '../../support/until.js';

describe('an outage of NATS', () => {
  const told: Obstacle[] = [];
  const accepts: Trial = () => Promise.resolve(null);
  let server: Server;
  let open: string;
  beforeEach(async () => {
    told.length = 0;
    server = createServer((socket) => void socket.on('error', () => undefined).write('INFO {}\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
  });

  it('says for each server why it cannot be reached', async () => {
    const dead = new URL(await deadUrl()).host;
    const outage = new NatsOutage([dead, 'nowhere.invalid:4222'], accepts, (obstacle) => told.push(obstacle));
    outage.begin();
    await until(() => told.length > 0, 'a reason');
    const parts = told[0]?.reason.split('; ');
    expect(parts?.[0]).toBe(`${dead}: nothing listens there`);
    expect(parts?.[1]).toMatch(/^nowhere.invalid:4222: (there is no such host|its name cannot be looked up)/);
    outage.end();
  });

  it('says nothing while one of the servers can be used', async () => {
    const dead = new URL(await deadUrl()).host;
    const tried: string[] = [];
    const tryOut: Trial = (address) => {
      tried.push(address);
      return Promise.resolve(null);
    };
    const outage = new NatsOutage([dead, open], tryOut, (obstacle) => told.push(obstacle));
    outage.begin();
    await until(() => tried.length > 0, 'the attempt');
    outage.hear('Authorization Violation');
    await until(() => tried.length > 1, 'another one');
    outage.hear('Authorization Violation');
    outage.end();
    expect([tried, told]).toEqual([[open, open], []]);
  });

  it('looks again as soon as a server sends an error, and says each reason once', async () => {
    let isRefusal = false;
    const tryOut: Trial = () => Promise.resolve({ reason: isRefusal ? 'not you' : 'not now', isRefusal });
    const outage = new NatsOutage([open], tryOut, (obstacle) => told.push(obstacle));
    outage.hear('too early');
    outage.begin();
    await until(() => told.length > 0, 'a reason');
    isRefusal = true;
    outage.hear('Authorization Violation');
    await until(() => told.length > 1, 'another one');
    outage.end();
    outage.hear('too late');
    expect(told).toEqual([
      { reason: `${open}: not now`, isRefusal: false },
      { reason: `${open}: not you`, isRefusal: true },
    ]);
  });

  it('says that a server hangs which accepts connections, but sends nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const outage = new NatsOutage([address], accepts, (obstacle) => told.push(obstacle));
    outage.begin();
    await until(() => told.length > 0, 'a reason');
    outage.end();
    expect(told).toEqual([{ reason: `${address}: it does not answer`, isRefusal: false }]);
  });
});

it('leaves no connection open to a server that did not answer', async () => {
  let open = 0;
  const silent = createServer((socket) => {
    open += 1;
    socket.on('error', () => undefined).on('close', () => (open -= 1));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const address = parseClusterAddress(`nats://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  const options = { address, credentialsPath: null, caPath: null, certificate: null, name: 'test' };
  await expect(connectNats(options)).rejects.toMatchObject({
    code: 'cluster_unavailable',
    message: `NATS cannot be reached at ${address.shown}: it does not answer.`,
  });
  await until(() => open === 0, 'the end of the connection', 2000);
});

describe('the reason why a connection failed', () => {
  it.each([
    [
      Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }),
      'there is no such host, or no network',
    ],
    [new Error('connection refused', { cause: { code: 'ECONNREFUSED' } }), 'nothing listens there'],
    [Object.assign(new Error('timeout'), { name: 'TimeoutError' }), 'it answers, but does not complete the connection'],
    [
      new Error(
        'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      ),
      'self-signed certificate',
    ],
    [new Error('something else'), 'something else'],
  ])('of %s', (error, reason) => {
    expect(connectionReason(error)).toBe(reason);
  });
});

describe.skipIf(!hasNats())(`a bus whose NATS server ${needsNats}`, () => {
  let nats: NatsServer;
  let bus: Bus;
  const told: string[] = [];
  beforeEach(async () => {
    told.length = 0;
    nats = await NatsServer.start();
    const address = parseClusterAddress(`nats://${nats.address}`);
    bus = await connectNats({ address, credentialsPath: null, caPath: null, certificate: null, name: 'test' });
    bus.onStatus((status) => {
      if (status.type !== 'unreachable') told.push(status.type);
      else told.push(`${status.isRefusal ? 'refused: ' : ''}${status.reason}`);
    });
  });
  afterEach(async () => {
    await bus.close();
    await nats.stop();
  });

  it('has ended says so, once', async () => {
    await nats.stop();
    await until(() => told.length === 2, 'the reason');
    await nats.restart();
    await until(() => told.includes('back'), 'the connection');
    // While it stops, connections are cut off.
    expect(told).toEqual([
      'lost',
      expect.stringMatching(/: (?:nothing listens there|the connection was cut off)$/),
      'back',
    ]);
  });

  it('comes back with other users says so, once', async () => {
    await nats.restart(['--user', 'a', '--pass', 'b']);
    await until(() => (nats.log.match(/authentication error/g) ?? []).length > 2, 'refusals');
    const reason = `refused: ${nats.address}: Authorization Violation`;
    await until(() => told.includes(reason), 'the reason');
    await nats.restart();
    await until(() => told.includes('back'), 'the connection');
    expect(told.filter((each) => each === reason)).toHaveLength(1);
    expect(told.filter((each) => each === 'lost' || each === 'back')).toEqual(['lost', 'back']);
    expect(told).not.toContain('error');
  });

  it('comes back with a certificate that is not trusted says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chatstream-outage-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await Promise.all([writeFile(cert, selfSigned.cert), writeFile(key, selfSigned.key)]);
    await nats.restart(['--tls', '--tlscert', cert, '--tlskey', key]);
    await until(() => told.some((each) => each.includes('certificate')), 'the reason', 15_000);
    expect(told.at(-1)).toBe(`${nats.address}: self-signed certificate`);
  });
});
