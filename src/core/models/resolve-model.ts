import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.js';
import { ChatstreamError } from '../base/errors.js';
import type { Environment } from './cache-folder.js';
import type { DownloadProgress } from './download.js';
import { likelyRepository, nameOfSource, parseModelSource, type RemoteSource } from './model-source.js';

/** The model that ships with the package; three folders up is the package's root, from `src` and from `dist` alike. */
const bundledPath = fileURLToPath(new URL('../../../models/bundled.gguf', import.meta.url));

export interface ResolveOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called with what the user should know about a download, but need not act on. */
  readonly onNotice?: (message: string) => void;
  /** Cancels a download; the downloaded data is kept. */
  readonly signal?: AbortSignal;
  readonly environment?: Environment;
  /** How long a server may send nothing, in milliseconds. */
  readonly stallMs?: number;
  readonly clock?: Clock;
}

const defaultStallMs = 30_000;

/**
 * Finds the file that `--model` refers to, and downloads it first if necessary. Cached models need no network.
 *
 * @param source `bundled`, the path of a .gguf file, `hf:user/repository[:quantisation]`,
 *   `hf:user/repository/file.gguf`, or a URL
 * @returns an absolute path to a file that exists; of a split model, the first part
 * @throws ChatstreamError `model_unreadable` that says what is wrong and what to do, `usage` for a name that cannot be
 *   read; the signal's reason
 */
export async function resolveModel(source: string, options: ResolveOptions = {}): Promise<string> {
  const parsed = parseModelSource(source);
  switch (parsed.type) {
    case 'bundled':
      return bundled();
    case 'path':
      return localFile(parsed.path);
    case 'hf-file':
    case 'hf-quantisation':
    case 'url':
      return (await cachedFile(parsed, options)) ?? (await downloadedFile(parsed, options));
  }
}

/**
 * Downloads a model. A cached model is downloaded again if the server's file has changed.
 *
 * @returns the path of its first file
 * @throws as {@link resolveModel} does, and `usage` for what cannot be downloaded
 */
export async function pullModel(source: string, options: ResolveOptions = {}): Promise<string> {
  const parsed = parseModelSource(source);
  if (parsed.type === 'bundled' || parsed.type === 'path') {
    const meant = likelyRepository(source);
    throw new ChatstreamError('usage', `"${source}" cannot be downloaded.`, {
      hint:
        meant === null
          ? 'Write hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL.'
          : `For a model on Hugging Face write ${meant}.`,
    });
  }
  return downloadedFile(parsed, options);
}

/** @returns null if this build has none */
export function bundledModelPath(): string | null {
  return existsSync(bundledPath) ? bundledPath : null;
}

/** Uses no network. The code is loaded only when needed: most starts do not need it. */
async function cachedFile(source: RemoteSource, { environment = process.env }: ResolveOptions): Promise<string | null> {
  const { ModelCache } = await import('./model-cache.js');
  const cache = ModelCache.of(environment);
  let known = source;
  if (known.type === 'hf-quantisation') {
    const file = cache.rememberedFile(known);
    if (file === null) return null;
    const { user, repository } = known;
    known = { type: 'hf-file', user, repository, branch: 'main', file };
  }
  const path = cache.pathOf(known);
  return cache.complete(path, nameOfSource(known)) === null ? null : path;
}

async function downloadedFile(source: RemoteSource, options: ResolveOptions): Promise<string> {
  const { environment = process.env, signal, stallMs = defaultStallMs, clock } = options;
  const { onProgress = () => undefined, onNotice = () => undefined } = options;
  const { ModelCache } = await import('./model-cache.js');
  const { fileOfQuantisation, huggingFaceOf } = await import('./hugging-face.js');
  const { WebClient } = await import('./web-client.js');
  const { download } = await import('./download.js');
  const cache = ModelCache.of(environment);
  const huggingFace = huggingFaceOf(environment);
  const client = new WebClient({ signal, stallMs, clock });
  const downloading = { cache, client, huggingFace, stallMs, onProgress, onNotice, signal, clock };
  if (source.type !== 'hf-quantisation') return download(source, downloading);
  const file = await fileOfQuantisation(client, huggingFace, source);
  const path = await download({ type: 'hf-file', ...file }, downloading);
  cache.remember(source, file.file);
  return path;
}

const choices =
  'Give --model the path of a .gguf file, hf:USER/REPOSITORY or a URL, or try --engine mock, which needs no model.';

function localFile(source: string): string {
  const path = resolve(source);
  if (!existsSync(path)) {
    const meant = likelyRepository(source);
    throw new ChatstreamError('model_unreadable', `There is no model file at ${path}.`, {
      hint: meant === null ? choices : `For a model on Hugging Face write ${meant}.`,
    });
  }
  const stats = statSync(path);
  if (stats.isDirectory()) {
    throw new ChatstreamError('model_unreadable', `${path} is a folder.`, { hint: folderHint(source) });
  }
  // Opening a pipe can take for ever, and then not even a signal would end the process.
  if (!stats.isFile()) {
    throw new ChatstreamError('model_unreadable', `${path} is a pipe or a device, and not a file.`, { hint: choices });
  }
  return path;
}

function folderHint(folder: string): string {
  try {
    const [first] = readdirSync(folder)
      .filter((name) => name.endsWith('.gguf'))
      .sort();
    if (first !== undefined) return `Name the .gguf file in it, such as ${join(folder, first)}.`;
    return `No .gguf file is in it. ${choices}`;
  } catch {
    // What is in it may not be read.
    return choices;
  }
}

function bundled(): string {
  const path = bundledModelPath();
  if (path !== null) return path;
  throw new ChatstreamError('model_unreadable', 'This build of chatstream has no bundled model.', {
    hint: choices,
  });
}
