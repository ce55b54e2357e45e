import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { isComplete, type ModelRecord, readRecord, recordEnding, writeJson } from './model-record.js';
import { cachePathOf, type RemoteSource } from './model-source.js';
import { partsOf } from './split-parts.js';

/** The library's ending for a file that is not complete. */
export const unfinishedEnding = '.ipull';

const partialFolder = 'partial';

/** A model in the cache, or what a download that broke off has left there. */
export interface CachedModel {
  readonly source: string;
  /** Of the first file, which need not exist if the download is not complete. */
  readonly path: string;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** What it will take when it is complete; null if the server did not say. */
  readonly totalBytes: number | null;
  readonly complete: boolean;
}

/** The files of one models folder. */
export class ModelCache {
  /** Need not exist. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where the first file of a model is or will be. */
  pathOf(source: Exclude<RemoteSource, { kind: 'hf-quantisation' }>): string {
    return join(this.folder, ...partsOf(cachePathOf(source))[0].split('/'));
  }

  /** Where it is while it is not complete. */
  partialPathOf(path: string): string {
    return join(this.folder, partialFolder, relative(this.folder, path));
  }

  /** @param path as {@link pathOf} gives it; @returns its record, or null if it is not there or not complete */
  complete(path: string): ModelRecord | null {
    const record = readRecord(path);
    return record !== null && isComplete(path, record) ? record : null;
  }

  /** Which file a quantisation turned out to be the last time. */
  rememberedFile(source: Extract<RemoteSource, { kind: 'hf-quantisation' }>): string | null {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#memoryOf(source), 'utf8'));
      return Value.Check(memoryShape, value) ? value.file : null;
    } catch {
      // Not asked for before.
      return null;
    }
  }

  remember(source: Extract<RemoteSource, { kind: 'hf-quantisation' }>, file: string): void {
    writeJson(this.#memoryOf(source), { file });
  }

  /** All models, the complete ones first, each by its source. */
  list(): readonly CachedModel[] {
    const partial = join(this.folder, partialFolder);
    const complete = records(this.folder, partial).map((path) => describe(path, true));
    const unfinished = records(partial).map((path) => describe(path, false));
    return [...complete, ...unfinished].filter((model) => model !== null);
  }

  /** Removes the files of a model and its record. */
  remove({ path }: CachedModel): void {
    const record = readRecord(path);
    for (const { name } of record?.files ?? []) {
      const file = join(dirname(path), name);
      for (const ending of ['', unfinishedEnding]) rmSync(file + ending, { force: true });
    }
    rmSync(path + recordEnding, { force: true });
  }

  /** Removes the folders that a model has left empty. @param path of its first file */
  removeEmptyFolders(path: string): void {
    let folder = dirname(path);
    while (folder.startsWith(this.folder + sep) && existsSync(folder)) {
      const rest = readdirSync(folder);
      // What a quantisation turned out to be is of no use without any file of the repository.
      if (rest.some((name) => !name.startsWith(memoryPrefix))) return;
      for (const name of rest) rmSync(join(folder, name));
      rmdirSync(folder);
      folder = dirname(folder);
    }
  }

  #memoryOf({ user, repository, quantisation }: Extract<RemoteSource, { kind: 'hf-quantisation' }>): string {
    const file = `${memoryPrefix}${encodeURIComponent(quantisation)}${recordEnding}`;
    return join(this.folder, 'hf', user, repository, file);
  }
}

const memoryShape = Type.Object({ file: Type.String({ minLength: 1 }) });

/** No GGUF file's record begins like this. */
const memoryPrefix = '@';

/** Paths of the first files of all models that have a record under a folder. */
function records(folder: string, except?: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => path.endsWith(recordEnding) && !posix.basename(path.replaceAll(sep, '/')).startsWith(memoryPrefix),
    )
    .map((path) => join(folder, path.slice(0, -recordEnding.length)))
    .filter((path) => except === undefined || !path.startsWith(except + sep))
    .sort();
}

function describe(path: string, shouldBeComplete: boolean): CachedModel | null {
  const record = readRecord(path);
  if (record === null) return null;
  const sizes = record.files.map(({ name, bytes }) => bytesOnDisk(join(dirname(path), name), bytes));
  const totals = record.files.map(({ bytes }) => bytes);
  return {
    source: record.source,
    path,
    bytes: sum(sizes),
    totalBytes: totals.includes(null) ? null : sum(totals.map(Number)),
    complete: shouldBeComplete && isComplete(path, record),
  };
}

/**
 * What has come of a file. While it is not complete it is as long as it will be, with holes, and behind that stands what
 * the library notes of its progress (ipull 3.9): the chunks, and which of them are complete.
 *
 * @param expectedBytes its length when it is complete; null if nobody knows
 */
export function bytesOnDisk(path: string, expectedBytes: number | null): number {
  if (existsSync(path)) return statSync(path).size;
  const unfinished = path + unfinishedEnding;
  if (expectedBytes === null || !existsSync(unfinished)) return 0;
  const { chunks, chunkSize } = progressNotes(unfinished, expectedBytes);
  return Math.min(expectedBytes, chunks.filter((state) => state === completeChunk).length * chunkSize);
}

const notesShape = Type.Object({ chunks: Type.Array(Type.Integer()), chunkSize: Type.Integer() });
const completeChunk = 2;

function progressNotes(unfinished: string, from: number): Static<typeof notesShape> {
  const descriptor = openSync(unfinished, 'r');
  try {
    const notes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - from));
    readSync(descriptor, notes, 0, notes.length, from);
    const value: unknown = JSON.parse(notes.toString());
    if (Value.Check(notesShape, value)) return value;
  } catch {
    // Not a whole chunk has come yet: there are no notes. The library begins anew then, too.
  } finally {
    closeSync(descriptor);
  }
  return { chunks: [], chunkSize: 0 };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
