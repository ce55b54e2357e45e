import { ChatstreamError } from '../../../base/errors.js';
import { forbiddenModelError, noAllowedModelError } from '../../../base/refusals/key-refusals.js';
import { modelNotFoundError } from '../../../base/refusals/refusals.js';
import type { KeySettings } from '../../../config/key-settings.js';
import { memberNames } from '../../../relay/jobs/json-text.js';
import type { RelayExecutor } from '../../../relay/jobs/relay-executor.js';

/** The model that a name refers to: the same value for all its names; undefined if no model has the name. */
export type MeaningOf = (name: string) => unknown;

/** Used where each name is a model of its own, and no name has another spelling. */
export const eachItsOwn: MeaningOf = (name) => name;

/**
 * Whether a key may ask for a model by this name. A file's name may have its extension, unless that makes it the name of another
 * model, or an alias.
 */
export function mayUse({ models }: KeySettings, name: string, meaningOf: MeaningOf): boolean {
  if (models === undefined || models.includes(name)) return true;
  const stem = name.replace(/\.gguf$/, '');
  return models.includes(stem) && meaningOf(name) === meaningOf(stem);
}

/**
 * The model that a request means: the one that it names, or else the first of those that its key may use. A name that the key
 * may not use is refused whether or not there is such a model.
 *
 * @param wanted the name in the request; null if it leaves the model open
 * @param offered the names of all models, the usual one first
 * @returns null if nothing says which
 * @throws ChatstreamError `forbidden`
 */
export function allowedModel(
  key: KeySettings,
  wanted: string | null,
  offered: readonly string[],
  meaningOf: MeaningOf,
): string | null {
  const { name, models } = key;
  if (wanted === null) return offered.find((each) => mayUse(key, each, meaningOf)) ?? models?.[0] ?? null;
  if (mayUse(key, wanted, meaningOf)) return wanted;
  throw forbiddenModelError(name, models ?? []);
}

/**
 * The error of a search for a model, as a key may see it: if there is no such model, the error names none that the key
 * may not use.
 *
 * @param wanted the name that was looked for; null for none
 * @param offered the names of all models
 */
export function aboutAllowedModels(
  error: unknown,
  key: KeySettings,
  wanted: string | null,
  offered: readonly string[],
  meaningOf: MeaningOf,
): unknown {
  const isUnknown = error instanceof ChatstreamError && error.code === 'model_not_found';
  // Nothing is offered before the first model is loaded, which the error says then.
  if (!isUnknown || key.models === undefined || offered.length === 0) return error;
  const usable = offered.find((name) => mayUse(key, name, meaningOf));
  return usable === undefined ? noAllowedModelError(wanted ?? '') : modelNotFoundError(wanted ?? '', usable);
}

/** Members with which some servers accept a request for other models. */
const namesOfOtherModels: ReadonlySet<string> = new Set(['models', 'fallbacks']);

/**
 * Refuses a body that is passed on and could mean another model to an upstream than to this server: with two members "model", of which
 * some servers take the first, with one in other letters, which servers in Go take as well, or with a list of models.
 *
 * @param text an object of JSON
 * @throws ChatstreamError `invalid_request`
 */
export function refuseSecondModel(text: string): void {
  let isNamed = false;
  for (const name of memberNames(text)) {
    const lower = foldedCase(name);
    const namesOthers = namesOfOtherModels.has(lower) || lower.endsWith('_fallbacks');
    if (lower === 'model' ? isNamed || name !== lower : namesOthers) throw secondModelError(name);
    isNamed ||= name === 'model';
  }
}

/** As servers in Go compare names of members: they take a long s for an s, and the sign of kelvin for a k. */
function foldedCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function secondModelError(param: string): ChatstreamError {
  return new ChatstreamError(
    'invalid_request',
    'The key of this request may not use all models, so the body can name one only, once, as "model".',
    { param, hint: `Leave out "${param}"${param === 'model' ? ' where it comes again' : ''}.` },
  );
}

/**
 * The models that a key may not use and may use, by the names of clients and by the upstreams' own names for the same models.
 *
 * @param names of clients, as far as they are known
 */
export function modelsByKey(
  key: KeySettings,
  names: readonly string[],
  executors: readonly Pick<RelayExecutor, 'upstreamName'>[],
): { readonly hidden: readonly string[]; readonly shown: readonly string[] } {
  const others = names.filter((name) => !mayUse(key, name, eachItsOwn));
  const withOwn = (some: readonly string[]): readonly string[] =>
    some.flatMap((name) => [name, ...executors.flatMap((executor) => executor.upstreamName(name) ?? [])]);
  const shown = withOwn(key.models ?? []).filter((name) => !others.includes(name));
  return { hidden: withOwn(others).filter((name) => !shown.includes(name)), shown };
}
