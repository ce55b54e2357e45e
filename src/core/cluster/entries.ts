import type { Static, TSchema } from 'typebox';
import { parsed, schemaVersion } from './channel/envelope.js';
import { isOf } from './channel/is-of.js';

/** The buckets of the cluster. What members tell of themselves disappears when they no longer do. */
export const buckets = {
  members: { name: 'chatstream-members', ttlMs: 5000 },
  lines: { name: 'chatstream-lines', ttlMs: null },
} as const;

export const keys = {
  nodes: 'node.',
  node: (id: string): string => `node.${id}`,
  fronts: 'front.',
  front: (id: string): string => `front.${id}`,
  lease: (model: string): string => `lease.${word(model)}`,
  settings: (model: string): string => `settings.${word(model)}`,
  services: (model: string): string => `services.${word(model)}`,
};

/** The name of a model as a word of a key: it may have any characters. */
function word(model: string): string {
  return Buffer.from(model).toString('base64url');
}

export type ReadEntry<T> =
  | { readonly type: 'entry'; readonly value: T }
  | { readonly type: 'foreign'; readonly version: number }
  | { readonly type: 'unreadable' };

export function encodeEntry(value: object): Uint8Array {
  return Buffer.from(JSON.stringify({ version: schemaVersion, ...value }));
}

export function decodeEntry<T extends TSchema>(shape: T, data: Uint8Array): ReadEntry<Static<T>> {
  const value = parsed(Buffer.from(data).toString('utf8'));
  const version = versionOf(value);
  if (version !== schemaVersion) return version === null ? { type: 'unreadable' } : { type: 'foreign', version };
  return isOf(shape, value) ? { type: 'entry', value } : { type: 'unreadable' };
}

function versionOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('version' in value)) return null;
  return typeof value.version === 'number' ? value.version : null;
}
