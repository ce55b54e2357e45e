import { basename } from 'node:path';
import { ChatstreamError } from '../base/errors.js';
import type { Environment } from './cache-folder.js';
import { removalError } from './download-errors.js';
import { lockModel } from './download-lock.js';
import { type CachedModel, ModelCache } from './model-cache.js';
import { bundledModel, nameOfSource, parseModelSource, withoutSecrets } from './model-source.js';

/** The short name of a model: its file's, without the ending and, where it is split, the number of the part. */
export function shortName(path: string): string {
  return basename(path).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
}

/**
 * Removes models and interrupted downloads from the cache. Either all names are known, or nothing is removed.
 *
 * @param names sources in the form of `--model`, or short names
 * @returns what was removed
 * @throws ChatstreamError `usage` for the bundled model and for names that are unknown or mean several models;
 *   `model_unreadable` for one that is being downloaded, or that the system refuses to delete
 */
export async function removeModels(
  names: readonly string[],
  environment: Environment = process.env,
): Promise<readonly CachedModel[]> {
  const cache = ModelCache.of(environment);
  const models = cache.list();
  const chosen = new Set(names.flatMap((name) => find(name, models, cache)));
  for (const model of chosen) {
    await remove(model, cache).catch((error: unknown) => {
      throw removalError(error, model.source);
    });
  }
  return [...chosen];
}

async function remove({ path, source }: CachedModel, cache: ModelCache): Promise<void> {
  const release = await lockModel(cache, cache.finalPathOf(path), source);
  try {
    cache.remove(path);
    cache.removeEmptyFolders(path);
  } finally {
    release();
  }
}

/** To the user, a complete model and an interrupted newer download of it are one. */
function find(name: string, models: readonly CachedModel[], cache: ModelCache): readonly CachedModel[] {
  if (name === bundledModel) {
    throw new ChatstreamError('usage', 'The bundled model is part of the package and cannot be removed.', {
      hint: '"chatstream models" shows which ones can.',
    });
  }
  const source = sourceOf(name, cache);
  const found = models.filter((model) => model.source === source || shortName(model.path) === name);
  const sources = [...new Set(found.map((model) => model.source))];
  if (sources.length === 1) return found;
  const shown = withoutSecrets(name);
  if (sources.length > 1) {
    throw new ChatstreamError('usage', `"${shown}" is the name of ${sources.length} models: ${sources.join(', ')}.`, {
      hint: 'Name the one you mean in full.',
    });
  }
  const known = [...new Set(models.map((model) => model.source))];
  throw new ChatstreamError('usage', `There is no model "${shown}" in the cache.`, {
    hint: known.length === 0 ? `The cache is empty (${cache.folder}).` : `These can be removed: ${known.join(', ')}.`,
  });
}

function sourceOf(name: string, cache: ModelCache): string | null {
  const parsed = parseModelSource(name);
  if (parsed.type === 'hf-quantisation') {
    const file = cache.rememberedFile(parsed);
    if (file === null) return null;
    const { user, repository } = parsed;
    return nameOfSource({ type: 'hf-file', user, repository, branch: 'main', file });
  }
  return parsed.type === 'hf-file' || parsed.type === 'url' ? nameOfSource(parsed) : null;
}
