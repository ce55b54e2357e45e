import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { ChatstreamError } from '../../../core/base/errors.js';
import type { EngineOptions, LlamaEngineOptions } from '../../../core/engine/options.js';
import { cacheMemory, checkCacheMemory } from '../../../core/engine/prompt-cache/cache-memory.js';
import { memoryFileSystem } from '../../../core/engine/prompt-cache/state-files.js';
import { readGgufFile } from '../../../core/gguf/gguf-file.js';
import { mainMemory, memoryNeed } from '../../../core/gguf/memory-need.js';
import { bundledModel } from '../../../core/models/model-source.js';
import type { NamedModel } from '../../../core/serve/local-models.js';
import type { ServeOptions } from '../../../core/serve/serve.js';

/** One `--model`. */
export interface WantedModel {
  /** Null for the name of its file. */
  readonly name: string | null;
  readonly source: string;
}

/** A model whose file is on this machine. */
export interface NamedEngine extends WantedModel {
  readonly engine: EngineOptions;
}

/** What the NAME of `NAME=MODEL` may look like: no path or URL begins like this. */
const namePattern = /^([a-z0-9][\w.-]*)=(.+)$/is;

/**
 * Reads `NAME=MODEL`, unless there is a file of that name.
 *
 * @throws ChatstreamError `usage` for an empty model, or two models of one name
 */
export function wantedModels(values: readonly string[], isFile = existsSync): readonly WantedModel[] {
  const wanted = values.map((value): WantedModel => {
    const half = isFile(value) ? null : missingHalf(value);
    if (half !== null) {
      throw new ChatstreamError('usage', `--model "${value}" has no ${half}.`, {
        hint: 'Write -m MODEL or -m NAME=MODEL, such as -m chat=model.gguf.',
      });
    }
    const [, name, source] = namePattern.exec(value) ?? [];
    if (name === undefined || source === undefined || isFile(value)) return { name: null, source: value };
    return { name, source };
  });
  assertApart(wanted.flatMap(({ name }) => name ?? []));
  return wanted;
}

/** What is missing in a `NAME=MODEL`; null if nothing is. */
function missingHalf(value: string): string | null {
  const text = value.trim();
  if (text === '' || /^[a-z0-9][\w.-]*=$/i.test(text)) return 'model';
  return text.startsWith('=') ? 'name before its "="' : null;
}

/**
 * Checks that aliases, which stand for the first model, are not names of other models, because the names would win.
 *
 * @param names of all models, the first one first; null where it is not known yet
 * @throws ChatstreamError `usage`
 */
export function checkAliases(aliases: readonly string[], [, ...others]: readonly (string | null)[]): void {
  const taken = aliases.find((alias) => others.includes(alias.replace(/\.gguf$/, '')));
  if (taken === undefined) return;
  throw new ChatstreamError('usage', `--alias ${taken} is the name of another model, so it would never take effect.`, {
    hint: 'Aliases stand for the first model: choose another alias, or name the models differently with -m NAME=MODEL.',
  });
}

/** When models are in memory. */
interface OnDemand {
  /** Undefined for no limit. */
  readonly maxLoaded: number | undefined;
  /** 0 for never. */
  readonly idleUnloadMs: number;
}

/** Whether there is one model, without a name, that is loaded at the start and stays loaded. */
function isOneModel(wanted: readonly WantedModel[], { maxLoaded, idleUnloadMs }: OnDemand): boolean {
  return wanted.length === 1 && wanted[0]?.name === null && maxLoaded === undefined && idleUnloadMs === 0;
}

/**
 * A single model without a name is served without a line of its own. Several have lines of their own, and so has one
 * that is unloaded when it is idle.
 *
 * @param replicas how many engines each model has
 * @throws ChatstreamError `usage` if two have the same name, or if there is no room for prompt caches of the requested
 *   size; `model_unreadable` for a file that is not a model
 */
export async function servedEngines(
  engines: readonly NamedEngine[],
  onDemand: OnDemand,
  replicas = 1,
): Promise<Pick<ServeOptions, 'engine' | 'models'>> {
  const [first] = engines;
  if (first === undefined) throw new ChatstreamError('usage', 'There is no model.', { hint: 'Name one with --model.' });
  const { engine } = first;
  if (isOneModel(engines, onDemand)) return { engine };
  const { maxLoaded = engines.length, idleUnloadMs } = onDemand;
  const most = Math.min(maxLoaded, engines.length);
  checkCaches(engines, most);
  const { available: memoryBytes } = mainMemory();
  const cache = cacheMemory('auto', memoryBytes);
  const cacheBytes = cache.status === 'on' ? Math.floor(cache.limitBytes / most) : 0;
  const models: NamedModel[] = [];
  for (const each of engines) models.push(await named(each, cacheBytes, replicas));
  assertApart(models.map((model) => model.name));
  return { engine, models: { models, maxLoaded: most, idleUnloadMs, memoryBytes } };
}

/** @throws ChatstreamError `usage` if prompt caches of models that are loaded at once do not fit */
function checkCaches(engines: readonly NamedEngine[], most: number): void {
  const sizes = engines.flatMap(({ engine }) =>
    engine.engine === 'llama' && engine.embeddings !== true && engine.promptCache !== 'auto'
      ? [engine.promptCache]
      : [],
  );
  const largest = Math.max(0, ...sizes);
  checkCacheMemory(largest, memoryFileSystem(), Math.min(most, sizes.length));
}

/**
 * @param cacheBytes the size of a prompt cache for which none is given: all of them together get as much as that of one
 *   model
 * @param replicas each has its own weights
 */
async function named({ name, source, engine }: NamedEngine, cacheBytes: number, replicas: number): Promise<NamedModel> {
  if (engine.engine === 'mock') return { name: name ?? mockName(source), engine, fileBytes: 0, forecastBytes: 0 };
  const { modelPath } = engine;
  const file = await readGgufFile(modelPath);
  const isKept = engine.embeddings !== true;
  const promptCache = engine.promptCache === 'auto' ? cacheBytes : engine.promptCache;
  const sized: LlamaEngineOptions = { ...engine, promptCache };
  // Embeddings are computed in one sequence of each engine, and nothing is kept.
  const need = memoryNeed(file, isKept ? sized : { ...sized, slots: replicas, cacheType: 'f16' });
  return {
    name: name ?? basename(modelPath, extname(modelPath)),
    engine: sized,
    fileBytes: file.fileBytes,
    forecastBytes: need.weightBytes * replicas + need.cacheBytes.most + (isKept ? promptCache : 0),
  };
}

/** The mock engine needs no file, but a model may be named after one. */
function mockName(source: string): string {
  return source === bundledModel ? 'mock' : basename(source, extname(source));
}

function assertApart(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ChatstreamError('usage', `Two models have the name "${twice}".`, {
    hint: 'Give them different names: -m NAME=MODEL.',
  });
}
