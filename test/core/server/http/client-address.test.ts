import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../../src/core/server/http/client-address.js';

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[2001:db8::1]:4711', '2001:db8:0:0::/64'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ])('%s counts as %s', (address, client) => {
    expect(clientAddress(address)).toBe(client);
  });

  it('is the same for all addresses of one network of 64 bits', () => {
    expect(clientAddress('2001:db8:0:5::1')).toBe(clientAddress('2001:db8:0:5:ffff:ffff:ffff:ffff'));
    expect(clientAddress('2001:db8:0:5::1')).not.toBe(clientAddress('2001:db8:0:6::1'));
  });

  it.each(['', 'unknown', 'example.com', '1.2.3', '2001:db8::1::2'])('is not %j', (text) => {
    expect(clientAddress(text)).toBeNull();
  });
});
