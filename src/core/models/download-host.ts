import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../base/errors.js';
import { type DownloadOrder, type FromDownloader, isToDownloader } from './download-messages.js';
import { unfinishedEnding } from './model-cache.js';

// The entry of a process that downloads one model and ends. node-llama-cpp's downloader has a process of its own because
// a full disk reaches it as a rejection that nobody can catch, because it goes on trying for some time after it was
// cancelled, and because the process that serves HTTP should not carry the library along for the rest of its life.

/** Often enough for a line that people look at. */
const progressEveryMs = 100;

let stopDownload: () => Promise<void> = () => Promise.resolve();
let latestBytes = 0;
let progressTimer: NodeJS.Timeout | null = null;
let leaving = false;

process.on('message', (message) => {
  if (!isToDownloader(message)) return;
  if (message.type === 'download') void run(message);
  else void leave();
});

process.on('disconnect', () => {
  void leave();
});

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

// A terminal sends Ctrl-C to the whole process group. When to stop is for the main process to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function run(order: DownloadOrder): Promise<void> {
  try {
    await mkdir(order.folder, { recursive: true });
    if (order.resumable) await download(order);
    else for (const part of order.parts) await downloadWhole(part.url, join(order.folder, part.name), order);
    send({ type: 'done' });
  } catch (error) {
    fail(error);
  }
}

async function download({ folder, parts: [first], endpoint, token }: DownloadOrder): Promise<void> {
  if (first === undefined) return;
  const { createModelDownloader } = await import('node-llama-cpp');
  // Of a split model the library finds the other parts by itself.
  const downloader = await createModelDownloader({
    modelUri: first.url,
    dirPath: folder,
    fileName: first.name,
    deleteTempFileOnCancel: false,
    endpoints: { huggingFace: endpoint },
    ...(token !== null && { tokens: { huggingFace: token } }),
    onProgress: ({ downloadedSize }) => {
      report(downloadedSize);
    },
  });
  stopDownload = () => downloader.cancel({ deleteTempFile: false });
  await downloader.download();
}

/**
 * For servers that only ever send a file from its beginning. After a break the library would go on where it stopped all
 * the same, and write the beginning into the middle (ipull 3.9).
 */
async function downloadWhole(url: string, path: string, { token }: DownloadOrder): Promise<void> {
  const unfinished = path + unfinishedEnding;
  let response = await fetch(url);
  if (!response.ok && token !== null) {
    await response.body?.cancel();
    response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  }
  if (!response.ok || response.body === null) {
    throw Object.assign(new Error(`Status ${response.status}`), { statusCode: response.status });
  }
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      report(bytes);
      callback(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(unfinished));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rename(unfinished, path);
}

function report(bytes: number): void {
  latestBytes = bytes;
  progressTimer ??= setTimeout(() => {
    progressTimer = null;
    send({ type: 'progress', bytes: latestBytes });
  }, progressEveryMs);
}

function fail(error: unknown): void {
  const field = (name: string): unknown =>
    error instanceof Error ? Object.entries(error).find(([key]) => key === name)?.[1] : undefined;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const [status, code] = [field('statusCode'), field('code')];
  send({
    type: 'failed',
    message: messageOf(cause),
    status: typeof status === 'number' ? status : null,
    code: typeof code === 'string' ? code : null,
  });
}

/** The library may still be waiting for its next try, so the process would not end by itself. */
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  try {
    await stopDownload();
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

function send(message: FromDownloader): void {
  // If the main process is gone, `disconnect` says so.
  if (process.connected) process.send?.(message);
}
