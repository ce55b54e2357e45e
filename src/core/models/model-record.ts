import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { partsOf, withoutSecrets } from './model-source.js';

const fileName = Type.String({ pattern: '^[^/\\\\]*[^/\\\\.][^/\\\\]*$' });

const recordShape = Type.Object({
  /** As `--model` takes it, without secrets. */
  source: Type.String(),
  /** One, or the parts of a split model in their order. */
  files: Type.Array(
    Type.Object({
      name: fileName,
      bytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
      etag: Type.Union([Type.String(), Type.Null()]),
      /** Null or absent if the server did not give it. */
      sha256: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
    { minItems: 1 },
  ),
});

/** What is written next to a downloaded model, and next to one that is being downloaded. */
export type ModelRecord = Static<typeof recordShape>;

export const recordEnding = '.json';

/** @param path of the model's first file; @returns null if there is no readable record */
export function readRecord(path: string): ModelRecord | null {
  const value = readJson(path + recordEnding);
  if (!Value.Check(recordShape, value)) return null;
  // Older versions recorded queries and passwords, and any part of a split model.
  return { ...value, source: partsOf(withoutSecrets(value.source))[0] };
}

/** Whether the server still has what the record describes. A server that sends no etag is judged by the lengths. */
export function isSame({ files: known }: ModelRecord, files: ModelRecord['files']): boolean {
  return (
    known.length === files.length &&
    known.every(({ name, bytes, etag, sha256 }, index) => {
      const other = files[index];
      if (other?.name !== name || other.bytes !== bytes) return false;
      // The storage behind Hugging Face may change its tags; the content is what counts.
      const hashes = [sha256 ?? null, other.sha256 ?? null];
      return hashes.includes(null) ? other.etag === etag : sha256 === other.sha256;
    })
  );
}

/** Whether all files that the record names are next to it, with the right lengths. */
export function isComplete(path: string, { files }: ModelRecord): boolean {
  return files.every(({ name, bytes }) => {
    const file = join(dirname(path), name);
    return existsSync(file) && statSync(file).size === bytes;
  });
}

/** @returns undefined if there is none: a file without a record counts as not downloaded, which only costs time */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
