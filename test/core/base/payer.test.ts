import { expect, it } from 'vitest';
import { addressPayer, isMember, keyOf, memberPayer } from '../../../src/core/base/payer.js';

it('tells those who share a key from keys, also from one that has a space in its name', () => {
  const address = addressPayer('192.0.2.7');
  const network = addressPayer('2001:db8:0:0::/64');
  const user = memberPayer('chat', 'someone');
  const keys = ['anna', 'anonymous', 'load test'];
  expect([address, network, user, ...keys].map(isMember)).toEqual([true, true, true, false, false, false]);
  expect([address, network, user, ...keys].map(keyOf)).toEqual(['anonymous', 'anonymous', 'chat', ...keys]);
});
