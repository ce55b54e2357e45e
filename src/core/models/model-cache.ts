import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../base/errors.js';
import { type Environment, modelsFolder } from './cache-folder.js';
import { isComplete, type ModelRecord, readJson, readRecord, recordEnding } from './model-record.js';
import { cachePathOf, type FileSource, type HuggingFaceQuantisation, isFilePath, partsOf } from './model-source.js';

/** A model in the cache, or what an interrupted download has left there. */
export interface CachedModel {
  readonly source: string;
  /** Path of the first file, which need not exist if the download is incomplete. */
  readonly path: string;
  /** Size on the disk. */
  readonly bytes: number;
  /** Size of the complete model; null if the server did not say. */
  readonly totalBytes: number | null;
  readonly complete: boolean;
}

/** The extension of an incomplete file, which holds what has been downloaded, from the beginning. */
export const unfinishedEnding = '.part';

/** The same in older versions, with different content. */
export const outdatedEnding = '.ipull';

const partialFolder = 'partial';
const memoryShape = Type.Object({ file: Type.String({ minLength: 1 }) });

/** The name of a GGUF file's record never begins like this, because names of repositories and their files do not. */
const memoryPrefix = '@';

/** The files of one models folder. */
export class ModelCache {
  /** Need not exist. */
  readonly folder: string;

  /** Permissions of new folders and files. */
  readonly modes: { readonly folder: number; readonly file: number };

  /** @param shared whether other users may read what is in it, if the umask allows it */
  constructor(folder: string, shared = false) {
    this.folder = folder;
    this.modes = shared ? { folder: 0o777, file: 0o666 } : { folder: 0o700, file: 0o600 };
  }

  /** A folder that was named with CHATSTREAM_CACHE may be meant for several users, as in a container image. */
  static of(environment: Environment): ModelCache {
    return new ModelCache(modelsFolder(environment), (environment['CHATSTREAM_CACHE'] ?? '') !== '');
  }

  /** Where the first file of a model is or will be. */
  pathOf(source: FileSource): string {
    return this.#inside(...cachePathOf(source).split('/'));
  }

  /** Where it is while it is incomplete. */
  partialPathOf(path: string): string {
    return this.#inside(partialFolder, this.relativePath(path));
  }

  /** The opposite of {@link partialPathOf}; a path that is not one stays as it is. */
  finalPathOf(path: string): string {
    const partial = join(this.folder, partialFolder);
    return path.startsWith(partial + sep) ? this.#inside(relative(partial, path)) : path;
  }

  relativePath(path: string): string {
    return relative(this.folder, path);
  }

  /**
   * @param path as {@link pathOf} gives it
   * @param source as `nameOfSource` gives it: files of different sources may have to share a path
   * @returns its record, or null if it is not there or not complete
   */
  complete(path: string, source: string): ModelRecord | null {
    const record = readRecord(path);
    return record?.source === source && isComplete(path, record) ? record : null;
  }

  /** The file that a quantisation last referred to. */
  rememberedFile(source: HuggingFaceQuantisation): string | null {
    const value = readJson(this.#memoryOf(source));
    return Value.Check(memoryShape, value) && isFilePath(value.file) ? partsOf(value.file)[0] : null;
  }

  remember(source: HuggingFaceQuantisation, file: string): void {
    this.#writeJson(this.#memoryOf(source), { file });
  }

  /** Readers see the old record or the new one, never half of one. @param path of the model's first file */
  writeRecord(path: string, record: ModelRecord): void {
    this.#writeJson(path + recordEnding, record);
  }

  makeFolderOf(path: string): void {
    mkdirSync(dirname(path), { recursive: true, mode: this.modes.folder });
  }

  /** All models, the complete ones first, each by its source. */
  list(): readonly CachedModel[] {
    const partial = join(this.folder, partialFolder);
    const complete = records(this.folder, partial).map((path) => describe(path, true));
    const unfinished = records(partial).map((path) => describe(path, false));
    return [...complete, ...unfinished].filter((model) => model !== null);
  }

  /** Moves a model whose files are all complete to its final place. */
  moveIn(path: string, partialPath: string, record: ModelRecord): void {
    this.makeFolderOf(path);
    // Until all parts have been moved, the old record would describe a mixture.
    if (record.files.length > 1) rmSync(path + recordEnding, { force: true });
    for (const { name } of record.files) renameSync(join(dirname(partialPath), name), join(dirname(path), name));
    this.writeRecord(path, record);
    rmSync(partialPath + recordEnding, { force: true });
  }

  /** Removes the files of a model and its record. @param path of its first file */
  remove(path: string): void {
    const folder = this.#inside(this.relativePath(dirname(path)));
    for (const { name } of readRecord(path)?.files ?? []) {
      for (const ending of ['', unfinishedEnding, outdatedEnding]) rmSync(join(folder, name + ending), { force: true });
    }
    rmSync(path + recordEnding, { force: true });
  }

  /** Removes the folders that a model has left empty. @param path of its first file */
  removeEmptyFolders(path: string): void {
    for (let folder = dirname(path); folder.startsWith(this.folder + sep); folder = dirname(folder)) {
      if (!existsSync(folder)) continue;
      try {
        const rest = readdirSync(folder);
        // Records of quantisations are of no use without any file of the repository.
        if (rest.some((name) => !name.startsWith(memoryPrefix))) return;
        for (const name of rest) rmSync(join(folder, name), { force: true });
        rmdirSync(folder);
      } catch {
        // Another process has just put something there, or removed the folder itself.
        return;
      }
    }
  }

  #memoryOf({ user, repository, quantisation }: HuggingFaceQuantisation): string {
    const file = `${memoryPrefix}${encodeURIComponent(quantisation)}${recordEnding}`;
    return this.#inside('hf', user, repository, file);
  }

  /** The last line of defence: names are also checked where they arrive. */
  #inside(...segments: readonly string[]): string {
    const path = join(this.folder, ...segments);
    if (resolve(path).startsWith(resolve(this.folder) + sep)) return path;
    throw new ChatstreamError('usage', `"${segments.join('/')}" leads out of the model cache.`, {
      hint: 'Check the name of the model.',
    });
  }

  #writeJson(path: string, value: unknown): void {
    this.makeFolderOf(path);
    const unfinished = `${path}.${process.pid}.tmp`;
    writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: this.modes.file });
    renameSync(unfinished, path);
  }
}

/** How much of a file has been downloaded. @param path without the ending of an unfinished file */
export function bytesOnDisk(path: string): number {
  const found = [path, path + unfinishedEnding].find((name) => existsSync(name));
  return found === undefined ? 0 : statSync(found).size;
}

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
  const totals = record.files.map(({ bytes }) => bytes);
  return {
    source: record.source,
    path,
    bytes: sum(record.files.map(({ name }) => bytesOnDisk(join(dirname(path), name)))),
    totalBytes: totals.includes(null) ? null : sum(totals.map(Number)),
    complete: shouldBeComplete && isComplete(path, record),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
