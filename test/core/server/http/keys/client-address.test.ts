import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, clientWithoutKey } from '../../../../../src/core/server/http/keys/client-address.js';

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

const group = fc.integer({ min: 0, max: 0xffff });
const half = fc.tuple(group, group, group, group);

/** The ways in which an address is written. */
const writings: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => address.toUpperCase(),
  (address) => `[${address}]:4711`,
  (address) => `${address}%eth0`,
  (address) => new URL(`http://[${address}]`).hostname.slice(1, -1),
];
const writing = fc.constantFrom(...writings);

function addressOf(...halves: readonly (readonly number[])[]): string {
  return halves
    .flat()
    .map((each) => each.toString(16))
    .join(':');
}

describe('a client without a key', () => {
  it('is one, whichever address of its network of 64 bits it uses', () => {
    fc.assert(
      fc.property(half, half, half, writing, writing, (network, one, other, write, rewrite) => {
        // Those that stand for IPv4 addresses are in it.
        fc.pre(network.some((each) => each !== 0));
        const client = clientWithoutKey(write(addressOf(network, one)));
        expect(client).not.toBe('unknown');
        expect(clientWithoutKey(rewrite(addressOf(network, other)))).toBe(client);
      }),
    );
  });

  it('is another one in another network', () => {
    fc.assert(
      fc.property(half, half, half, (network, other, end) => {
        const networks = [network, other].map((each) => addressOf(each, end));
        fc.pre(networks[0] !== networks[1] && end[1] !== 0xffff);
        expect(clientWithoutKey(networks[0])).not.toBe(clientWithoutKey(networks[1]));
      }),
    );
  });

  it('is the same with an IPv4 address that is written as an IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), writing, (address, write) => {
        expect(clientWithoutKey(write(`::ffff:${address}`))).toBe(clientWithoutKey(address));
      }),
    );
  });

  it('is the same for all whose address is not known', () => {
    for (const address of [undefined, '', 'unknown']) expect(clientWithoutKey(address)).toBe('unknown');
  });
});
