import { readFileSync } from 'node:fs';
import { IsSchemaObject, Validator } from 'typebox/schema';
import type { BenchResult } from './schema.js';

/** What `npm run build` makes of `schema.ts`; as far from `src` as from `dist`. */
const shippedSchema = new URL('../../../../schemas/bench-v1.json', import.meta.url);

let validator: Validator<object, BenchResult> | null = null;

/**
 * The check of result files, made at the first use.
 *
 * It reads the JSON Schema that ships and not the definition in `schema.ts`: loading what that is written with, and a
 * compiler for it, took 0.2 s of CPU at the start of each `chatstream compare`, more than reading both results.
 */
export function resultValidator(): Validator<object, BenchResult> {
  validator ??= new Validator<object, BenchResult>({}, readSchema());
  return validator;
}

function readSchema(): object {
  const schema: unknown = JSON.parse(readFileSync(shippedSchema, 'utf8'));
  if (IsSchemaObject(schema)) return schema;
  throw new Error('schemas/bench-v1.json is no JSON Schema.');
}
