import { execFileSync, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import type { Authenticator } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { loginOf, type NatsOptions, tlsOf } from '../../../src/core/bus/nats-access.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();
const path = (name: string): string => folder.at(name);

function options(given: Partial<NatsOptions> & { readonly url?: string }): NatsOptions {
  const { url = 'nats://10.0.0.1', ...rest } = given;
  const address = parseClusterAddress(url);
  return { address, credentialsPath: null, caPath: null, certificate: null, name: 'test', ...rest };
}

/** Shows what is in the file, which has to begin with "user". */
const signing =
  (credentials: () => Uint8Array): Authenticator =>
  () => {
    const text = Buffer.from(credentials()).toString();
    if (!text.startsWith('user')) throw new Error('unable to parse credentials');
    return { user: text };
  };

describe('the login at NATS', () => {
  it('is what the address names, if there is no file', async () => {
    expect(await loginOf(options({ url: 'nats://ann:secret@10.0.0.1' }), signing)).toEqual({
      ...{ user: 'ann', pass: 'secret' },
    });
    expect(await loginOf(options({}), signing)).toEqual({});
  });

  it('is read from its file again for each connection, and stays what it was while that has none', async () => {
    await writeFile(path('a.creds'), 'user 1');
    const { authenticator } = await loginOf(options({ credentialsPath: path('a.creds') }), signing);
    const shown = (): unknown => (authenticator as Authenticator)('challenge');
    expect(shown()).toEqual({ user: 'user 1' });
    await writeFile(path('a.creds'), 'user 2');
    expect(shown()).toEqual({ user: 'user 2' });
    await writeFile(path('a.creds'), '');
    expect(shown()).toEqual({ user: 'user 2' });
    await rm(path('a.creds'));
    expect(shown()).toEqual({ user: 'user 2' });
  });

  it('cannot begin with a file that has none, or does not exist', async () => {
    await writeFile(path('none.creds'), 'nothing');
    await expect(loginOf(options({ credentialsPath: path('none.creds') }), signing)).rejects.toMatchObject({
      code: 'usage',
      message: `${path('none.creds')} is not a credentials file of NATS: unable to parse credentials.`,
    });
    await expect(loginOf(options({ credentialsPath: path('gone.creds') }), signing)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('cannot be read') as string,
    });
  });
});

describe('TLS with NATS', () => {
  it('is up to the server, unless the address or a file asks for it', async () => {
    expect(await tlsOf(options({}))).toBeUndefined();
    expect(await tlsOf(options({ url: 'tls://nats.example' }))).toEqual({});
    expect(await tlsOf(options({ url: 'tls://10.0.0.1' }))).toEqual({ host: '10.0.0.1' });
  });

  it('has the paths of files, which are read again for each connection', async () => {
    for (const name of ['ca', 'cert', 'key']) await writeFile(path(name), name);
    const certificate = { certPath: path('cert'), keyPath: path('key') };
    expect(await tlsOf(options({ url: 'tls://nats.example', caPath: path('ca'), certificate }))).toEqual({
      ...{ caFile: path('ca'), certFile: path('cert'), keyFile: path('key') },
    });
  });

  it.skipIf(process.platform === 'win32')('has the text of what can be read only once', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    // By another process, because both ends of a pipe wait for each other when they are opened.
    spawn('sh', ['-c', 'printf authority > "$0"', path('pipe')]);
    expect(await tlsOf(options({ caPath: path('pipe') }))).toEqual({ ca: 'authority', host: '10.0.0.1' });
  });
});
