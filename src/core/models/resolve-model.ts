import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChatstreamError } from '../base/errors.js';
import { type Environment, modelsFolder } from './cache-folder.js';
import type { DownloadProgress } from './download.js';
import { type ModelSource, parseModelSource, type RemoteSource } from './model-source.js';

/** The model that ships with the package; three folders up is the package's root, from `src` and from `dist` alike. */
const bundledPath = fileURLToPath(new URL('../../../models/bundled.gguf', import.meta.url));

export interface ResolveOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends a download, which is kept as far as it has come. */
  readonly signal?: AbortSignal;
  readonly environment?: Environment;
  /** How long a server may send nothing, in milliseconds. */
  readonly stallMs?: number;
}

/**
 * Finds the file that a `--model` means, and downloads it first if it has to. What is cached needs no network.
 *
 * @param source `bundled`, the path of a .gguf file, `hf:user/repository[:quantisation]`,
 *   `hf:user/repository/file.gguf`, or a URL
 * @returns an absolute path to a file that exists; of a split model, the first part
 * @throws ChatstreamError `model_unreadable` that says what is wrong and what to do, `usage` for a name that cannot be
 *   read; the signal's reason
 */
export async function resolveModel(source: string, options: ResolveOptions = {}): Promise<string> {
  const parsed = parseModelSource(source);
  switch (parsed.kind) {
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
 * Downloads a model. One that is cached is downloaded again if the server has something else by now.
 *
 * @returns the path of its first file
 * @throws as {@link resolveModel} does, and `usage` for what cannot be downloaded
 */
export async function pullModel(source: string, options: ResolveOptions = {}): Promise<string> {
  const parsed = parseModelSource(source);
  if (parsed.kind === 'bundled' || parsed.kind === 'path') {
    throw new ChatstreamError('usage', `"${source}" is nothing that could be downloaded.`, {
      hint: 'Write hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL.',
    });
  }
  return downloadedFile(parsed, options);
}

/** @returns null if this build has none */
export function bundledModelPath(): string | null {
  return existsSync(bundledPath) ? bundledPath : null;
}

/** Asks nobody. The code is loaded where it is needed: most starts need none of it. */
async function cachedFile(source: RemoteSource, { environment = process.env }: ResolveOptions): Promise<string | null> {
  const { ModelCache } = await import('./model-cache.js');
  const cache = new ModelCache(modelsFolder(environment));
  let known = source;
  if (known.kind === 'hf-quantisation') {
    const file = cache.rememberedFile(known);
    if (file === null) return null;
    known = fileOf(known, file);
  }
  const path = cache.pathOf(known);
  return cache.complete(path) === null ? null : path;
}

async function downloadedFile(
  source: RemoteSource,
  { environment = process.env, onProgress = () => undefined, signal, stallMs }: ResolveOptions,
): Promise<string> {
  const { ModelCache } = await import('./model-cache.js');
  const { huggingFaceOf } = await import('./hugging-face.js');
  const { download } = await import('./download.js');
  const cache = new ModelCache(modelsFolder(environment));
  const huggingFace = huggingFaceOf(environment);
  const options = { cache, huggingFace, onProgress, signal, ...(stallMs !== undefined && { stallMs }) };
  if (source.kind !== 'hf-quantisation') return download(source, options);

  const { fileOfQuantisation } = await import('./quantisation-file.js');
  const { user, repository, quantisation } = source;
  const file = await fileOfQuantisation(huggingFace, user, repository, quantisation, signal);
  const path = await download(fileOf(source, file), options);
  cache.remember(source, file);
  return path;
}

function fileOf(
  { user, repository }: Extract<RemoteSource, { kind: 'hf-quantisation' }>,
  file: string,
): Extract<ModelSource, { kind: 'hf-file' }> {
  return { kind: 'hf-file', user, repository, branch: 'main', file };
}

function localFile(source: string): string {
  const path = resolve(source);
  if (!existsSync(path)) {
    throw new ChatstreamError('model_unreadable', `There is no model file at ${path}.`, {
      hint: 'Give --model the path of a .gguf file, hf:USER/REPOSITORY or a URL, or try --engine mock, which needs no model.',
    });
  }
  if (statSync(path).isDirectory()) {
    throw new ChatstreamError('model_unreadable', `${path} is a folder.`, {
      hint: `Name the .gguf file in it, such as ${basename(path)}/model.gguf.`,
    });
  }
  return path;
}

function bundled(): string {
  const path = bundledModelPath();
  if (path !== null) return path;
  throw new ChatstreamError('model_unreadable', 'This build of chatstream has no bundled model.', {
    hint: 'Give --model the path of a .gguf file, hf:USER/REPOSITORY or a URL, or try --engine mock, which needs no model.',
  });
}
