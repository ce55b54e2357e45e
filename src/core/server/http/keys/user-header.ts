import { createHash } from 'node:crypto';

/** Enough that no two users are taken for each other. */
const digestCharacters = 22;

/**
 * What tells a user from others: a digest, because a header may be long, and contain anything.
 *
 * @param header as it was received, once or several times
 * @returns null if it names nobody
 */
export function userIn(header: string | readonly string[] | undefined): string | null {
  const name = [header ?? ''].flat().join(',').trim();
  return name === '' ? null : createHash('sha256').update(name).digest('base64url').slice(0, digestCharacters);
}
