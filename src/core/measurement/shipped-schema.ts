import { readFileSync } from 'node:fs';
import { IsSchemaObject, Validator } from 'typebox/schema';

/** Written by `npm run build`. The path is the same from `src` and from `dist`. */
const folder = new URL('../../../schemas/', import.meta.url);

/**
 * The check of a kind of file, created when first used, from the JSON Schema that is shipped.
 *
 * It does not use the definition in the code: loading the library that the definition needs, and a compiler for it, took
 * 0.2 s of CPU at the start of each `chatstream compare`, more than reading both results.
 *
 * @param name of the file in `schemas/`
 */
export function shippedValidator<T>(name: string): () => Validator<object, T> {
  let validator: Validator<object, T> | null = null;
  return () => (validator ??= new Validator<object, T>({}, readSchema(name)));
}

function readSchema(name: string): object {
  const schema: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  if (IsSchemaObject(schema)) return schema;
  throw new Error(`schemas/${name} is not a JSON Schema.`);
}
