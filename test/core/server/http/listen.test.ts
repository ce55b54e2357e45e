import dns from 'node:dns';
import { afterEach, expect, it, vi } from 'vitest';
import { listen } from '../../../../src/core/server/http/listen.js';
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
