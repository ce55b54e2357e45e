import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const recordShape = Type.Object({
  /** As `--model` takes it. */
  source: Type.String(),
  /** One, or the parts of a split model in their order. */
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      bytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
      etag: Type.Union([Type.String(), Type.Null()]),
    }),
    { minItems: 1 },
  ),
});

/** What is written beside a downloaded model, and beside one that is being downloaded. */
export type ModelRecord = Static<typeof recordShape>;

export const recordEnding = '.json';

/** @param path of the model's first file; @returns null if there is no record, or none that can be read */
export function readRecord(path: string): ModelRecord | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path + recordEnding, 'utf8'));
    return Value.Check(recordShape, value) ? value : null;
  } catch {
    // Without a record a file counts as not downloaded, which costs time and nothing else.
    return null;
  }
}

/** Readers see the old record or the new one, never half of one. */
export function writeRecord(path: string, record: ModelRecord): void {
  writeJson(path + recordEnding, record);
}

export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(unfinished, path);
}

/** Whether all files that the record names lie beside it, as long as they should be. */
export function isComplete(path: string, { files }: ModelRecord): boolean {
  return files.every(({ name, bytes }) => {
    const file = join(dirname(path), name);
    return existsSync(file) && statSync(file).size === bytes;
  });
}

/** Whether the server still has what the record was made of. A server that sends no etag is judged by the lengths. */
export function isSame(record: ModelRecord, files: ModelRecord['files']): boolean {
  return (
    record.files.length === files.length &&
    record.files.every(({ name, bytes, etag }, index) => {
      const other = files[index];
      return other?.name === name && other.bytes === bytes && other.etag === etag;
    })
  );
}
