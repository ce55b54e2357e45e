import { ChatstreamError } from '../../base/errors.js';
import { forbiddenModelError, noAllowedModelError } from '../../base/refusals/key-refusals.js';
import { modelNotFoundError } from '../../base/refusals/refusals.js';
import type { KeySettings } from '../../config/key-settings.js';

/** Whether a key may ask for a model by this name. A file's name may have its extension. */
export function mayUse({ models }: KeySettings, name: string): boolean {
  return models === undefined || models.includes(name) || models.includes(name.replace(/\.gguf$/, ''));
}

/**
 * The model that a request means: the one that it names, or else the first of those that its key may use. A name that the key
 * may not use is refused whether or not there is such a model.
 *
 * @param wanted what the request says; null if it leaves that open
 * @param offered the names of all models, the usual one first
 * @returns null if nothing says which
 * @throws ChatstreamError `forbidden`
 */
export function allowedModel(key: KeySettings, wanted: string | null, offered: readonly string[]): string | null {
  const { name, models } = key;
  if (wanted === null) return offered.find((each) => mayUse(key, each)) ?? models?.[0] ?? null;
  if (models === undefined || mayUse(key, wanted)) return wanted;
  throw forbiddenModelError(name, models);
}

/**
 * What a name stands for that a key may use. Where there is no such model, the error names none that the key may not use.
 *
 * @param offered the names of all models
 * @param find may throw `model_not_found`
 * @throws ChatstreamError as `find` does
 */
export function findAllowed<M extends string | null, Found>(
  key: KeySettings,
  model: M,
  offered: readonly string[],
  find: (model: M) => Found,
): Found {
  try {
    return find(model);
  } catch (error) {
    const isUnknown = error instanceof ChatstreamError && error.code === 'model_not_found';
    // Nothing is offered before the first model is loaded, which the error says then.
    if (!isUnknown || key.models === undefined || offered.length === 0) throw error;
    const usable = offered.find((name) => mayUse(key, name));
    throw usable === undefined ? noAllowedModelError(model ?? '') : modelNotFoundError(model ?? '', usable);
  }
}
