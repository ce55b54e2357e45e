import { createHash } from 'node:crypto';

/** Names of keys that do not repeat each other, as those of people do not: 26 characters each. */
export function manyKeys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = createHash('sha256').update(String(index)).digest('base64url');
    return `team-${digest.slice(0, 16)}-${String(index).padStart(4, '0')}`;
  });
}
