import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus, BusStatus } from '../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../src/core/bus/cluster-address.js';
import type { NatsOptions } from '../../src/core/bus/nats-access.js';
import { connectNats } from '../../src/core/bus/nats-bus.js';
import { natsAccounts } from '../support/nats-accounts.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { selfSigned } from '../support/self-signed.js';
import { until } from '../support/until.js';

describe.skipIf(!hasNats())(`NATS that asks for certificates of clients ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-certificates-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await Promise.all([writeFile(cert, selfSigned.cert), writeFile(key, selfSigned.key)]);
    nats = await NatsServer.start(['--tlsverify', '--tlscert', cert, '--tlskey', key, '--tlscacert', cert]);
  });
  afterAll(async () => {
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  function connect(certificate: NatsOptions['certificate']): Promise<Bus> {
    const address = parseClusterAddress(`tls://${nats.address}`);
    return connectNats({ address, credentialsPath: null, caPath: join(folder, 'cert.pem'), certificate, name: 'test' });
  }

  it('lets in who shows one, and keeps out who does not', async () => {
    const certificate = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
    const bus = await connect(certificate);
    const heard: string[] = [];
    bus.subscribe('chatstream.test', ({ data }) => heard.push(Buffer.from(data).toString()));
    bus.publish('chatstream.test', Buffer.from('hello'));
    await until(() => heard.includes('hello'), 'the message');
    await bus.close();
    await expect(connect(null)).rejects.toMatchObject({
      code: 'cluster_unavailable',
      hint: expect.stringContaining('--cluster-cert') as string,
    });
    await expect(connect({ ...certificate, keyPath: join(folder, 'none.pem') })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('none.pem cannot be read') as string,
    });
  });
});

describe.skipIf(!hasNats())(`NATS with TLS and credentials files ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-accounts-'));
    const { serverConfig, credentials, foreignCredentials } = natsAccounts(join(folder, 'storage'));
    await Promise.all([
      writeFile(join(folder, 'nats.conf'), serverConfig),
      writeFile(join(folder, 'member.creds'), credentials),
      writeFile(join(folder, 'foreign.creds'), foreignCredentials),
      writeFile(join(folder, 'cert.pem'), selfSigned.cert),
      writeFile(join(folder, 'key.pem'), selfSigned.key),
    ]);
    const tls = ['--tls', '--tlscert', join(folder, 'cert.pem'), '--tlskey', join(folder, 'key.pem')];
    nats = await NatsServer.start(['-c', join(folder, 'nats.conf'), ...tls]);
  });
  afterAll(async () => {
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  /** @param credentials a file's name; null for none */
  function connect(credentials: string | null, ca: string | null = 'cert.pem'): Promise<Bus> {
    return connectNats({
      address: parseClusterAddress(`tls://${nats.address}`),
      credentialsPath: credentials === null ? null : join(folder, credentials),
      caPath: ca === null ? null : join(folder, ca),
      certificate: null,
      name: 'test',
    });
  }

  it('lets in whom the account has signed, for messages and buckets', async () => {
    const [one, other] = [await connect('member.creds'), await connect('member.creds')];
    const heard: string[] = [];
    one.subscribe('chatstream.test', ({ data }) => heard.push(Buffer.from(data).toString()));
    const bucket = await one.bucket('accounts', { ttlMs: null });
    await bucket.put('key', Uint8Array.of(1));
    expect(await (await other.bucket('accounts', { ttlMs: null })).get('key')).toMatchObject({
      value: Uint8Array.of(1),
    });
    other.publish('chatstream.test', Buffer.from('hello'));
    await until(() => heard.includes('hello'), 'the message');
    await Promise.all([one.close(), other.close()]);
  });

  it.each([
    ['a user of another account', 'foreign.creds'],
    ['a client without credentials', null],
  ])('keeps out %s, and says so', async (_what, credentials) => {
    const who = credentials === null ? 'clients without credentials' : `the user of ${join(folder, credentials)}`;
    await expect(connect(credentials)).rejects.toMatchObject({
      code: 'cluster_unavailable',
      message: `NATS at tls://${nats.address} refuses ${who}: Authorization Violation.`,
    });
  });

  it('keeps out who does not trust the certificate', async () => {
    await expect(connect('member.creds', null)).rejects.toMatchObject({
      code: 'cluster_unavailable',
      message: `No connection to NATS at tls://${nats.address} is possible: self-signed certificate.`,
      hint: 'Name the authorities that signed its certificate with --cluster-ca.',
    });
  });

  it('is shown new credentials and trusted by new authorities once their files have been replaced', async () => {
    const ca = await readFile(join(folder, 'cert.pem'), 'utf8');
    await copyFile(join(folder, 'member.creds'), join(folder, 'rotated.creds'));
    await writeFile(join(folder, 'ca.pem'), ca);
    const bus = await connect('rotated.creds', 'ca.pem');
    const seen: BusStatus[] = [];
    bus.onStatus((status) => seen.push(status));
    const unreachable = (reason: RegExp): boolean =>
      seen.some((status) => status.type === 'unreachable' && reason.test(status.reason));

    const { serverConfig, credentials } = natsAccounts(join(folder, 'storage'));
    await writeFile(join(folder, 'nats.conf'), serverConfig);
    await writeFile(join(folder, 'ca.pem'), '');
    await nats.restart();
    await until(() => unreachable(/self-signed/), 'an untrusted certificate');
    await writeFile(join(folder, 'ca.pem'), ca);
    await until(() => unreachable(/Authorization/), 'a refusal');
    expect(seen).not.toContainEqual({ type: 'back' });

    await writeFile(join(folder, 'rotated.creds'), 'Not complete yet.');
    await writeFile(join(folder, 'rotated.creds'), credentials);
    await until(() => seen.some(({ type }) => type === 'back'), 'the connection to be back');
    await bus.close();
  });

  it('is not asked with a file that has no credentials', async () => {
    await expect(connect('nats.conf')).rejects.toMatchObject({
      code: 'usage',
      message: `${join(folder, 'nats.conf')} is not a credentials file of NATS: unable to parse credentials.`,
    });
  });
});
