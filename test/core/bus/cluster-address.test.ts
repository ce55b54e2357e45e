import { describe, expect, it } from 'vitest';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';

describe('parseClusterAddress', () => {
  it('reads servers, with the usual port, and shows them without secrets', () => {
    const nobody = { user: null, password: null, token: null };
    expect(parseClusterAddress('nats://host')).toEqual({ ...nobody, servers: ['host:4222'], tls: false, shown: 'nats://host:4222' }); // prettier-ignore
    expect(parseClusterAddress('tls://u:p%40ss@a:1,tls://b')).toEqual({
      ...{ user: 'u', password: 'p@ss', token: null },
      ...{ servers: ['a:1', 'b:4222'], tls: true, shown: 'tls://a:1,tls://b:4222' },
    });
    expect(parseClusterAddress('nats://secret@[::1]:5')).toMatchObject({
      user: null,
      token: 'secret',
      servers: ['[::1]:5'],
    });
  });

  it.each(['host:4222', 'http://host', 'nats://', 'nats://host/path', 'nats://host?x=secret', ''])(
    'refuses %j, and does not repeat it',
    (text) => {
      expect(() => parseClusterAddress(text)).toThrow(/^--cluster does not name a NATS server\.$/);
    },
  );
});
