import { anyName } from '../inference/service/one-model.js';

interface Named {
  readonly name: string;
}

/**
 * The model that a request means: by its name, by an alias, which stands for the first, or by the name of its file with the
 * extension. A request without a model means the first one.
 *
 * @param models with different names; the default is the first
 * @param aliases names that stand for the first model, and `*` for any name
 * @returns undefined if no model has this name, and for no models
 */
export function modelMeant<M extends Named>(
  wanted: string | null | undefined,
  models: readonly M[],
  aliases: readonly string[],
): M | undefined {
  const named = models.find(({ name }) => name === wanted);
  if (named !== undefined) return named;
  const [first] = models;
  if (isOpen(wanted) || aliases.includes(wanted)) return first;
  return models.find(({ name }) => `${name}.gguf` === wanted) ?? (aliases.includes(anyName) ? first : undefined);
}

/** The name that an answer gives the model: that of the request, if it had one. */
export function nameInAnswer(wanted: string | null | undefined, { name }: Named): string {
  return isOpen(wanted) ? name : wanted;
}

/** All models under each of their names, as they are listed: the aliases are those of the first. */
export function listedNames<M extends Named>(
  models: readonly M[],
  aliases: readonly string[],
): readonly { readonly model: M; readonly id: string }[] {
  const names = models.map(({ name }) => name);
  const others = aliases.filter((alias) => alias !== anyName && !names.includes(alias));
  return models.flatMap((model, index) => {
    const ids = index === 0 ? [model.name, ...others] : [model.name];
    return ids.map((id) => ({ model, id }));
  });
}

/** Whether a request leaves the model to the server. */
function isOpen(wanted: string | null | undefined): wanted is '' | null | undefined {
  return wanted === undefined || wanted === null || wanted === '';
}
