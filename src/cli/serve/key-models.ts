import { basename, extname } from 'node:path';
import type { Access } from '../../core/config/access.js';
import { anyName } from '../../core/inference/service/one-model.js';
import type { WantedModel } from './options/several-models.js';

/**
 * A sentence for each name in the `models` of keys that no model of the server has. This is not an error: one file may
 * serve several servers, and a model may be added later.
 *
 * @param served the names of all models, and aliases
 */
export function unknownModels({ keys, anonymous }: Access, served: readonly string[]): readonly string[] {
  if (served.includes(anyName)) return [];
  return [...keys, ...(anonymous === null ? [] : [anonymous])].flatMap((key) =>
    (key.models ?? [])
      // The name may be that of a file, with its extension.
      .filter((model) => !served.includes(model) && !served.includes(model.replace(/\.gguf$/, '')))
      .map(
        (model) =>
          `the key "${key.name}" may use a model "${model}", which this server does not have: it has ${served.join(', ')}. Correct the name in "models", or add the model or an --alias`,
      ),
  );
}

/**
 * The names that models will have, with the aliases; null if one of them is only known once the model has been found.
 */
export function expectedNames(wanted: readonly WantedModel[], aliases: readonly string[]): readonly string[] | null {
  const names = wanted.map(({ name, source }) => name ?? nameOfFile(source));
  const known = names.filter((name) => name !== null);
  return known.length < names.length ? null : [...known, ...aliases];
}

function nameOfFile(source: string): string | null {
  return source.endsWith('.gguf') ? basename(source, extname(source)) : null;
}
