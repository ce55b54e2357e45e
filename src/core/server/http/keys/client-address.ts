import { isIPv4, isIPv6 } from 'node:net';

/**
 * What counts as one client without a key: an IPv4 address, or the first 64 bits of an IPv6 address, because a network gives
 * each of its machines as many addresses as it likes below those.
 *
 * @param address of a connection, or as a proxy says; it may have a port
 * @returns null if it is not an address
 */
export function clientAddress(address: string): string | null {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const [plain = ''] = bare.split('%', 1);
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? networkOf(plain) : null;
}

/**
 * Whose turn it is, and whose limits count, for a request without a key: one client, however many addresses it has.
 *
 * @param address undefined where the connection is closed already. All that cannot be told apart are one client.
 */
export function clientWithoutKey(address: string | undefined): string {
  return clientAddress(address ?? '') ?? 'unknown';
}

function networkOf(address: string): string {
  // The URL parser writes all IPv6 addresses in the same way.
  const groups = groupsOf(new URL(`http://[${address}]`).hostname.slice(1, -1));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of 16 bits. */
function groupsOf(address: string): readonly number[] {
  const [before = '', after] = address.split('::');
  const read = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(before), read(after ?? '')];
  const zeros = after === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => 0), ...last];
}
