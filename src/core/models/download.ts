import { existsSync, rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { formatBytes } from '../base/units.js';
import { diskFull, inconsistent, storageError } from './download-errors.js';
import { lockModel } from './download-lock.js';
import { fileUrl } from './hugging-face.js';
import { bytesOnDisk, type ModelCache, outdatedEnding, unfinishedEnding } from './model-cache.js';
import { isSame, type ModelRecord, readRecord } from './model-record.js';
import { type FileSource, nameOfSource, partsOf, withoutSecrets } from './model-source.js';
import { type Address, isResumable, probe, type RemoteFile } from './remote-file.js';
import { transfer, type TransferEnd } from './transfer.js';
import type { HuggingFace, WebClient } from './web-client.js';

export interface DownloadProgress {
  /** As `--model` takes it, without secrets. */
  readonly source: string;
  readonly bytes: number;
  /** Null if the server does not say. */
  readonly totalBytes: number | null;
  /** What had already been downloaded. */
  readonly resumedBytes: number;
}

export interface DownloadOptions {
  readonly cache: ModelCache;
  readonly client: WebClient;
  readonly huggingFace: HuggingFace;
  readonly stallMs: number;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** For what the user should know, but need not act on. */
  readonly onNotice: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Makes sure that the cache holds what the server has now: downloads it, resumes an interrupted download, or finds that
 * there is nothing to do. How it works:
 *
 * 1. `lockModel` keeps other processes away.
 * 2. `probe` asks for the first four bytes of every part of the model. The answers say whether these are GGUF files,
 *    how long they are, how to recognise their state (etag, on Hugging Face the SHA-256), and whether ranges are
 *    supported.
 * 3. A record of that is written to `partial/`, next to the incomplete files. If an older record there says something
 *    else, what had been downloaded by then is removed.
 * 4. `transfer` downloads the parts one after another, each as one stream into `NAME.part`.
 * 5. When all are there, they are moved to their place with the record, without which a file does not count as
 *    downloaded.
 *
 * `WebClient` makes sure that no token leaves the host it is for.
 *
 * @returns the path of the model's first file
 * @throws ChatstreamError `model_unreadable` that says what to do; the signal's reason. Downloaded data is kept
 */
export async function download(source: FileSource, options: DownloadOptions): Promise<string> {
  const { cache } = options;
  const path = cache.pathOf(source);
  const partialPath = cache.partialPathOf(path);
  const name = nameOfSource(source);
  const release = await lockModel(cache, path, name).catch((error: unknown) => {
    throw storageError(error, name, cache.folder);
  });
  try {
    for (let changes = 0; (await attempt(source, options)) === 'changed'; changes++) {
      if (changes > 0) throw inconsistent(name);
    }
    return path;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw storageError(error, name, cache.folder);
  } finally {
    cache.removeEmptyFolders(partialPath);
    release();
  }
}

async function attempt(source: FileSource, options: DownloadOptions): Promise<TransferEnd> {
  const { cache, client, huggingFace } = options;
  const files: RemoteFile[] = [];
  for (const address of addresses(source, huggingFace)) files.push(await probe(client, address));

  const path = cache.pathOf(source);
  const partialPath = cache.partialPathOf(path);
  const record = recordOf(nameOfSource(source), path, files);
  const cached = cache.complete(path, record.source);
  if (cached !== null && isSame(cached, record.files)) return 'done';
  cache.makeFolderOf(partialPath);
  discardUseless(partialPath, record, options.onNotice);
  await checkSpace(partialPath, record);
  cache.writeRecord(partialPath, record);
  if ((await transferAll(files, partialPath, record, options)) === 'changed') return 'changed';
  const lengths = record.files.map((file) => ({ ...file, bytes: bytesOnDisk(join(dirname(partialPath), file.name)) }));
  cache.moveIn(path, partialPath, { ...record, files: lengths });
  return 'done';
}

function addresses(source: FileSource, huggingFace: HuggingFace): readonly Address[] {
  if (source.type === 'hf-file') {
    return partsOf(source.file).map((file) => ({
      url: fileUrl(huggingFace, { ...source, file }),
      wanted: nameOfSource({ ...source, file }),
      huggingFace,
    }));
  }
  const url = new URL(source.url);
  return partsOf(url.pathname).map((pathname) => {
    url.pathname = pathname;
    return { url: url.href, wanted: withoutSecrets(url.href), huggingFace: null };
  });
}

function recordOf(source: string, path: string, files: readonly RemoteFile[]): ModelRecord {
  const names = partsOf(basename(path));
  return {
    source,
    files: files.map(({ bytes, etag, sha256 }, index) => ({ name: names[index] ?? '', bytes, etag, sha256 })),
  };
}

/** Removes a partial download of something else, or of an older state of the model. */
function discardUseless(partialPath: string, record: ModelRecord, onNotice: (message: string) => void): void {
  const before = readRecord(partialPath);
  const isUsable = before?.source === record.source && isSame(before, record.files);
  let [outdated, changed] = [false, false];
  for (const { name, bytes } of record.files) {
    const file = join(dirname(partialPath), name);
    if (existsSync(file + outdatedEnding)) {
      outdated = true;
      rmSync(file + outdatedEnding);
    }
    if (isUsable && (!existsSync(file) || statSync(file).size === bytes)) continue;
    changed ||= bytesOnDisk(file) > 0;
    for (const ending of ['', unfinishedEnding]) rmSync(file + ending, { force: true });
  }
  if (outdated) {
    onNotice(
      `Removed a partial download of ${record.source} by an older version of chatstream, which cannot be resumed.`,
    );
  }
  if (changed) {
    onNotice(`${record.source} has changed on the server since a part of it was downloaded: starting over.`);
  }
}

async function checkSpace(partialPath: string, { source, files }: ModelRecord): Promise<void> {
  const folder = dirname(partialPath);
  const missing = files.reduce(
    (sum, { name, bytes }) => sum + Math.max(0, (bytes ?? 0) - bytesOnDisk(join(folder, name))),
    0,
  );
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (missing > free) {
    throw diskFull(source, folder, `${formatBytes(missing)} more are needed, ${formatBytes(free)} are free`);
  }
}

async function transferAll(
  files: readonly RemoteFile[],
  partialPath: string,
  record: ModelRecord,
  { client, cache, onProgress, stallMs, signal, clock }: DownloadOptions,
): Promise<TransferEnd> {
  const folder = dirname(partialPath);
  const { source } = record;
  const sizes = record.files.map(({ bytes }) => bytes);
  const totalBytes = sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + Number(bytes), 0);
  const present = record.files.map(({ name }) => bytesOnDisk(join(folder, name)));
  // A server that cannot send the rest starts over; a file that is complete is kept.
  const resumed = files.map((file, index) => {
    const have = present[index] ?? 0;
    return isResumable(file) || have === file.bytes ? have : 0;
  });
  const resumedBytes = resumed.reduce((sum, bytes) => sum + bytes, 0);
  onProgress({ source, bytes: resumedBytes, totalBytes, resumedBytes });
  for (const [index, file] of files.entries()) {
    const path = join(folder, record.files[index]?.name ?? '');
    if (existsSync(path)) continue;
    const onBytes = (bytes: number): void => {
      resumed[index] = bytes;
      onProgress({ source, bytes: resumed.reduce((sum, part) => sum + part, 0), totalBytes, resumedBytes });
    };
    const { file: mode } = cache.modes;
    if ((await transfer(client, file, path, { source, stallMs, mode, onBytes, signal, clock })) === 'changed') {
      return 'changed';
    }
  }
  return 'done';
}
