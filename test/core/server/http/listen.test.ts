import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { checkAddress, listen } from '../../../../src/core/server/http/listen.js';
import { testApp } from '../../../support/app.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('listens on one address of localhost, because limits apply to one server', async () => {
  // Fastify asks for all addresses, and opens a server for each.
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '127.0.0.2', family: 4 },
  ];
  vi.spyOn(dns, 'lookup').mockImplementation((host: string, ...rest: unknown[]) => {
    const [options, callback] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof callback !== 'function') return;
    const all = typeof options === 'object' && options !== null && 'all' in options;
    Reflect.apply(callback, undefined, all ? [null, both] : [null, host.replace('localhost', '127.0.0.1'), 4]);
  });
  const { app } = await testApp();
  const url = await listen(app, { host: 'localhost', port: 0 });
  expect(app.addresses()).toHaveLength(1);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

it('names an address that this machine does not have', async () => {
  const { app } = await testApp();
  await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'address_unavailable' });
});

it('can be tried without an app: a free address stays free, and a taken one is refused', async () => {
  await expect(checkAddress({ host: 'localhost', port: 0 })).resolves.toBeUndefined();
  const taken = createServer();
  taken.listen({ host: '127.0.0.1', port: 0 });
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(checkAddress({ host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'address_unavailable',
    message: `Port ${port} on 127.0.0.1 is in use by another program.`,
  });
  taken.close();
  await once(taken, 'close');
  await expect(checkAddress({ host: '127.0.0.1', port })).resolves.toBeUndefined();
});
