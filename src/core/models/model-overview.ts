import { ChatstreamError } from '../base/errors.js';
import { type GgufFile, readGgufFile } from '../gguf/gguf-file.js';
import { type MemoryNeed, memoryNeed, type MemoryOptions } from '../gguf/memory-need.js';
import type { Environment } from './cache-folder.js';
import { ModelCache } from './model-cache.js';
import { bundledModel } from './model-source.js';
import { shortName } from './remove-models.js';
import { bundledModelPath } from './resolve-model.js';

/** One model that is bundled or cached, or part of one. */
export interface ModelOverview {
  /** The name that clients address it by. */
  readonly name: string;
  /** As `--model` takes it. */
  readonly source: string;
  readonly path: string;
  /** `partial`: a download was interrupted; the next one resumes it. `damaged`: it cannot be loaded; see `problem`. */
  readonly status: 'bundled' | 'cached' | 'partial' | 'damaged';
  /** Size on this disk. */
  readonly bytes: number;
  /** Size of the complete download; null if the server did not say. */
  readonly totalBytes: number | null;
  /** What its header says; null unless it is complete and not damaged. */
  readonly file: GgufFile | null;
  /** For the requested slots and context. */
  readonly need: MemoryNeed | null;
  readonly problem: string | null;
}

export interface ModelList {
  readonly folder: string;
  readonly models: readonly ModelOverview[];
}

/** All models that can be used without a network, the bundled one first, and interrupted downloads. */
export async function listModels(options: MemoryOptions, environment: Environment = process.env): Promise<ModelList> {
  const cache = ModelCache.of(environment);
  const models: ModelOverview[] = [];
  const bundled = bundledModelPath();
  if (bundled !== null) {
    const inside = await lookInto(bundled, options);
    const bytes = inside.file?.fileBytes ?? 0;
    const status = inside.file === null ? 'damaged' : 'bundled';
    models.push({
      name: bundledModel,
      source: bundledModel,
      path: bundled,
      status,
      bytes,
      totalBytes: bytes,
      ...inside,
    });
  }
  for (const { source, path, bytes, totalBytes, complete } of cache.list()) {
    const inside = complete ? await lookInto(path, options) : { file: null, need: null, problem: null };
    const status = !complete ? 'partial' : inside.file === null ? 'damaged' : 'cached';
    models.push({ name: shortName(path), source, path, status, bytes, totalBytes, ...inside });
  }
  return { folder: cache.folder, models };
}

async function lookInto(
  path: string,
  options: MemoryOptions,
): Promise<Pick<ModelOverview, 'file' | 'need' | 'problem'>> {
  try {
    const file = await readGgufFile(path);
    return { file, need: memoryNeed(file, options), problem: null };
  } catch (error) {
    if (!(error instanceof ChatstreamError)) throw error;
    return { file: null, need: null, problem: error.message };
  }
}
