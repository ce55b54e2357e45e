import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { formatBytes } from '../base/units.js';
import { lockDownload } from './download-lock.js';
import { brokenOff, diskFull, fatalError, notWritable } from './download-errors.js';
import type { DownloadOrder } from './download-messages.js';
import { fileUrl, type HuggingFace, standardEndpoint } from './hugging-face.js';
import { bytesOnDisk, type ModelCache, unfinishedEnding } from './model-cache.js';
import { isSame, type ModelRecord, readRecord, writeRecord } from './model-record.js';
import { nameOfSource, type RemoteSource } from './model-source.js';
import { probe, type RemoteFile, wrongLength } from './remote-file.js';
import { partsOf } from './split-parts.js';
import { transfer } from './transfer.js';

export interface DownloadProgress {
  /** As `--model` takes it. */
  readonly source: string;
  readonly bytes: number;
  /** Null if the server does not say. */
  readonly totalBytes: number | null;
  /** What had been downloaded before. */
  readonly resumedBytes: number;
}

export interface DownloadOptions {
  readonly cache: ModelCache;
  readonly huggingFace: HuggingFace;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal | undefined;
  /** How long a server may send nothing, in milliseconds; 30 s by default. */
  readonly stallMs?: number;
}

/** A file on a server, and what to call it in messages. */
interface Address {
  readonly url: string;
  readonly name: string;
}

type FileSource = Exclude<RemoteSource, { kind: 'hf-quantisation' }>;

const defaultStallMs = 30_000;

/** Tries in a row that bring nothing. */
const fruitlessTries = 2;

/**
 * Sees to it that the cache holds what the server has now: downloads it, goes on with what a broken download has left,
 * or finds that there is nothing to do.
 *
 * @returns the path of the model's first file
 * @throws ChatstreamError `model_unreadable` that says what to do; the signal's reason. What has come by then is kept
 */
export async function download(source: FileSource, options: DownloadOptions): Promise<string> {
  const { cache, huggingFace, signal } = options;
  const place = source.kind === 'hf-file' ? huggingFace : null;
  const path = cache.pathOf(source);
  const partialPath = cache.partialPathOf(path);
  const name = nameOfSource(source);
  const release = inCache(cache, () => lockDownload(partialPath, name));
  try {
    const files = await probeParts(addresses(source, huggingFace), place, signal);
    const record = recordOf(name, path, files);
    const cached = cache.complete(path);
    if (cached !== null && isSame(cached, record.files)) return path;
    inCache(cache, () => {
      prepare(partialPath, record);
    });
    await checkSpace(partialPath, record);
    await transferAll(partialPath, record, orderOf(dirname(partialPath), record, files, place), place, options);
    const actual = verify(partialPath, record);
    inCache(cache, () => {
      moveTo(path, partialPath, actual);
    });
    return path;
  } finally {
    release();
    cache.removeEmptyFolders(partialPath);
  }
}

async function probeParts(
  parts: readonly Address[],
  place: HuggingFace | null,
  signal: AbortSignal | undefined,
): Promise<readonly RemoteFile[]> {
  const files: RemoteFile[] = [];
  for (const { url, name } of parts) files.push(await probe(url, name, place, signal));
  return files;
}

function addresses(source: FileSource, huggingFace: HuggingFace): readonly Address[] {
  if (source.kind === 'hf-file') {
    return partsOf(source.file).map((file) => ({
      url: fileUrl(huggingFace, { ...source, file }),
      name: nameOfSource({ ...source, file }),
    }));
  }
  const { search } = new URL(source.url);
  const parts = partsOf(search === '' ? source.url : source.url.slice(0, source.url.indexOf('?')));
  return parts.map((url) => ({ url: url + search, name: url }));
}

function recordOf(source: string, path: string, files: readonly RemoteFile[]): ModelRecord {
  const names = partsOf(basename(path));
  return { source, files: files.map(({ bytes, etag }, index) => ({ name: names[index] ?? '', bytes, etag })) };
}

/** What was downloaded of something else, or of an older state of it, is of no use. */
function prepare(partialPath: string, record: ModelRecord): void {
  const before = readRecord(partialPath);
  const usable = before !== null && isSame(before, record.files);
  for (const { name, bytes } of record.files) {
    const file = join(dirname(partialPath), name);
    if (!usable) rmSync(file + unfinishedEnding, { force: true });
    if (existsSync(file) && (!usable || statSync(file).size !== bytes)) rmSync(file);
  }
  writeRecord(partialPath, record);
}

async function checkSpace(partialPath: string, { source, files }: ModelRecord): Promise<void> {
  const folder = dirname(partialPath);
  const missing = files.reduce(
    (sum, { name, bytes }) => sum + (bytes ?? 0) - bytesOnDisk(join(folder, name), bytes),
    0,
  );
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (missing > free)
    throw diskFull(source, folder, `${formatBytes(missing)} are still to come, ${formatBytes(free)} are free`);
}

async function transferAll(
  partialPath: string,
  record: ModelRecord,
  order: DownloadOrder,
  place: HuggingFace | null,
  { onProgress, signal, stallMs = defaultStallMs }: DownloadOptions,
): Promise<void> {
  const folder = dirname(partialPath);
  const sizes = record.files.map(({ bytes }) => bytes);
  const totalBytes = sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + Number(bytes), 0);
  const resumedBytes = order.resumable
    ? record.files.reduce((sum, { name, bytes }) => sum + bytesOnDisk(join(folder, name), bytes), 0)
    : 0;
  let reached = resumedBytes;
  const tell = (bytes: number): void => {
    onProgress({ source: record.source, bytes, totalBytes, resumedBytes });
  };
  tell(resumedBytes);
  for (let fruitless = 0; ;) {
    const before = reached;
    const end = await transfer(order, {
      stallMs,
      signal,
      onBytes: (bytes) => {
        reached = Math.max(reached, bytes);
        tell(bytes);
      },
    });
    if (end.type === 'done') return;
    const fatal = fatalError(end, record, order, place);
    if (fatal !== null) throw fatal;
    fruitless = reached > before && order.resumable ? 0 : fruitless + 1;
    if (fruitless >= fruitlessTries) throw brokenOff(end, record, order.resumable);
  }
}

function orderOf(
  folder: string,
  { files: names }: ModelRecord,
  files: readonly RemoteFile[],
  place: HuggingFace | null,
): DownloadOrder {
  // A single file is taken from where the redirects lead, without the token, which is none of that host's business. Of a
  // split model the library has to see the names.
  const [only] = files;
  const redirected =
    files.length === 1 && only !== undefined && new URL(only.finalUrl).origin !== new URL(only.url).origin;
  return {
    type: 'download',
    folder,
    parts: files.map(({ url, finalUrl }, index) => ({
      url: redirected ? finalUrl : url,
      name: names[index]?.name ?? '',
    })),
    resumable: files.every(({ resumable }) => resumable),
    // For an address elsewhere: the library takes links with two parts on this host for a model's page.
    endpoint: place?.endpoint ?? standardEndpoint,
    token: redirected ? null : (place?.token ?? null),
  };
}

function verify(partialPath: string, record: ModelRecord): ModelRecord {
  const files = record.files.map(({ name, bytes, etag }) => {
    const file = join(dirname(partialPath), name);
    const actual = existsSync(file) ? statSync(file).size : 0;
    if (bytes !== null && actual !== bytes) {
      rmSync(file, { force: true });
      throw wrongLength(name, bytes, actual);
    }
    return { name, bytes: actual, etag };
  });
  return { ...record, files };
}

function moveTo(path: string, partialPath: string, record: ModelRecord): void {
  mkdirSync(dirname(path), { recursive: true });
  for (const { name } of record.files) renameSync(join(dirname(partialPath), name), join(dirname(path), name));
  writeRecord(path, record);
  rmSync(`${partialPath}.json`, { force: true });
}

/** Whatever goes wrong with the files of the cache, in words. */
function inCache<T>({ folder }: ModelCache, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ChatstreamError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
      throw diskFull('the model', folder, error.message);
    throw notWritable(folder, messageOf(error));
  }
}
