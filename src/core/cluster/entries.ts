import { gunzipSync, gzipSync } from 'node:zlib';
import type { Static, TSchema } from 'typebox';
import { member } from '../base/json.js';
import { parsed, schemaVersion } from './channel/envelope.js';
import { isOf } from './channel/is-of.js';

/**
 * The buckets of the cluster. Entries in which members describe themselves disappear when they are no longer written.
 */
export const buckets = {
  members: { name: 'chatstream-members', ttlMs: 5000 },
  lines: { name: 'chatstream-lines', ttlMs: null },
} as const;

export const keys = {
  nodes: 'node.',
  node: (id: string): string => `node.${id}`,
  fronts: 'front.',
  front: (id: string): string => `front.${id}`,
  /** The same in all versions, so that at most one of them has a line. */
  lease: (model: string): string => `lease.${word(model)}`,
  /** Each version has its own, so that none can read or write those of another. */
  settings: (model: string): string => `settings.${schemaVersion}.${word(model)}`,
  services: (model: string): string => `services.${schemaVersion}.${word(model)}`,
};

/** The name of a model as a word of a key, because it may contain any characters. */
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

/** A compressed entry that would be longer than this is refused. */
const mostUnpackedBytes = 256 * 1024 * 1024;

/**
 * An entry whose length depends on how many keys there are: as JSON if that fits, otherwise compressed, which reduces
 * the terms of keys to between a third and a tenth, and services, which are mostly digits, to two thirds.
 *
 * @param mostBytes `Bucket.maxValueBytes`
 * @returns null if it does not fit even then
 */
export function encodeLongEntry(value: object, mostBytes: number): Uint8Array | null {
  const plain = encodeEntry(value);
  if (plain.length <= mostBytes) return plain;
  const packed = packedEntry(plain);
  return packed.length <= mostBytes ? packed : null;
}

/** @returns its shortest possible length, in bytes */
export function leastBytesOf(value: object): number {
  const plain = encodeEntry(value);
  return Math.min(plain.length, packedEntry(plain).length);
}

function packedEntry(plain: Uint8Array): Uint8Array {
  // The fastest level. Encoding the services of 40,000 keys takes 80 ms, and those of 16,000 keys 30 ms, of which the
  // JSON takes a third to a half. The holder of the line is busy for that time.
  const gzip = gzipSync(plain, { level: 1 }).toString('base64');
  return encodeEntry({ gzip });
}

function unpacked(gzip: string): unknown {
  try {
    const plain = gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: mostUnpackedBytes });
    return parsed(plain.toString('utf8'));
  } catch {
    // Another program wrote it: it is not one of our entries.
    return null;
  }
}

export function decodeEntry<T extends TSchema>(shape: T, data: Uint8Array): ReadEntry<Static<T>> {
  const outer = parsed(Buffer.from(data).toString('utf8'));
  const version = versionOf(outer);
  if (version !== schemaVersion) return version === null ? { type: 'unreadable' } : { type: 'foreign', version };
  const gzip = member(outer, 'gzip');
  const value = typeof gzip === 'string' ? unpacked(gzip) : outer;
  return isOf(shape, value) ? { type: 'entry', value } : { type: 'unreadable' };
}

function versionOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('version' in value)) return null;
  return typeof value.version === 'number' ? value.version : null;
}
