import { noKey } from './no-key.js';

/**
 * A payer is the owner of the service and limits that a job counts against: a key, by its name, or one of those who share
 * a key: an address from which clients without a key come, or a user whom a header names. Names of keys have no slashes,
 * so the two can be distinguished.
 */

/** How many idle addresses and users are remembered. A forgotten one begins anew. */
export const mostIdleMembers = 10_000;

/** @param member tells those who share the key apart */
export function memberPayer(key: string, member: string): string {
  return `${key}/${member}`;
}

/** @param address of a client without a key */
export function addressPayer(address: string): string {
  return memberPayer(noKey, address);
}

/** Whether it is one of those who share a key. */
export function isMember(payer: string): boolean {
  return payer.includes('/');
}

/** The name of the key whose settings apply to a payer. */
export function keyOf(payer: string): string {
  const [key = ''] = payer.split('/', 1);
  return key;
}
