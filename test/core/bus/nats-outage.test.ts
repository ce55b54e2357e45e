import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { connectNats } from '../../../src/core/bus/nats-bus.js';
import { connectionReason, NatsOutage } from '../../../src/core/bus/nats-outage.js';
import { deadUrl } from '../../support/dead-url.js';
import { hasNats, NatsServer, needsNats } from '../../support/nats-server.js';
import { until } from '../../support/until.js';

describe('an outage of NATS', () => {
  const told: string[] = [];
  let server: Server;
  let open: string;
  beforeEach(async () => {
    told.length = 0;
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    open = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
  });

  it('says for each server why it cannot be reached', async () => {
    const dead = new URL(await deadUrl()).host;
    const outage = new NatsOutage([dead, 'nowhere.invalid:4222'], (reason) => told.push(reason));
    outage.begin();
    await until(() => told.length > 0, 'a reason');
    const parts = told[0]?.split('; ');
    expect(parts?.[0]).toBe(`${dead}: nothing listens there`);
    expect(parts?.[1]).toMatch(/^nowhere.invalid:4222: (there is no such host|its name cannot be looked up)/);
    outage.end();
  });

  it('leaves the reason to a server that accepts connections, and tells it once', async () => {
    const dead = new URL(await deadUrl()).host;
    const accepted = once(server, 'connection');
    const outage = new NatsOutage([dead, open], (reason) => told.push(reason));
    outage.tell('too early');
    outage.begin();
    await accepted;
    outage.tell('Authorization Violation');
    outage.tell('Authorization Violation');
    expect(told).toEqual(['Authorization Violation']);
    outage.end();
    outage.tell('too late');
    outage.begin();
    outage.tell('Authorization Violation');
    outage.end();
    expect(told).toEqual(['Authorization Violation', 'Authorization Violation']);
  });
});

describe('the reason why a connection failed', () => {
  it.each([
    [
      Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }),
      'there is no such host, or no network',
    ],
    [new Error('connection refused', { cause: { code: 'ECONNREFUSED' } }), 'nothing listens there'],
    [Object.assign(new Error('timeout'), { name: 'TimeoutError' }), 'it does not answer'],
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
      told.push(status.type === 'unreachable' ? status.reason : status.type);
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
    expect(told).toEqual(['lost', `${nats.address}: nothing listens there`, 'back']);
  });

  it('comes back with other users says so, once', async () => {
    await nats.restart(['--user', 'a', '--pass', 'b']);
    await until(() => (nats.log.match(/authentication error/g) ?? []).length > 2, 'refusals');
    await until(() => told.includes('Authorization Violation'), 'the reason');
    await nats.restart();
    await until(() => told.includes('back'), 'the connection');
    expect(told.filter((each) => each === 'Authorization Violation')).toHaveLength(1);
    expect(told.filter((each) => each === 'lost' || each === 'back')).toEqual(['lost', 'back']);
    expect(told).not.toContain('error');
  });
});
