import { noKey } from './demand.js';

/**
 * A payer is the owner of the service and limits that a job counts against: a key, by its name, or one of the addresses
 * from which clients without a key come. Names of keys in the configuration have no spaces, so the two can be
 * distinguished.
 */

/** How many idle addresses are remembered. A forgotten address begins anew. */
export const mostIdleAddresses = 10_000;

/** @param address of a client without a key, without spaces */
export function addressPayer(address: string): string {
  return `${noKey} ${address}`;
}

/** Whether it is an address. */
export function isAddress(payer: string): boolean {
  return payer.startsWith(`${noKey} `);
}

/** The name of the key whose settings apply to a payer. */
export function keyOf(payer: string): string {
  return isAddress(payer) ? noKey : payer;
}
