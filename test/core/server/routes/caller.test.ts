import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../../src/core/server/http/keys/key-ring.js';
import { callerOf } from '../../../../src/core/server/routes/generation.js';

const keys = new KeyRing([]);

function addressFor(ip: string | undefined): string | undefined {
  return callerOf({ keys }, { request: { id: 'r1', headers: {}, raw: {}, ip } }).address;
}

describe('who asks, where there are no keys', () => {
  it('is one client with all addresses of a network of 64 bits', () => {
    expect(addressFor('2001:db8:0:5::1')).toBe(addressFor('2001:db8:0:5:ffff::2'));
    expect(addressFor('2001:db8:0:5::1')).not.toBe(addressFor('2001:db8:0:6::1'));
    expect(addressFor('::ffff:203.0.113.7')).toBe('203.0.113.7');
  });

  it('may be unknown, once the connection is closed', () => {
    expect(addressFor(undefined)).toBe('unknown');
  });
});
