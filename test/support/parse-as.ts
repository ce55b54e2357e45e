import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** The value, if it has the shape; throws what is wrong with it otherwise. Nothing is converted. */
export function parseAs<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value;
  const problems = [...Value.Errors(schema, value)].map(({ instancePath, message }) => `${instancePath} ${message}`);
  throw new Error(`${problems.join('; ')} in ${JSON.stringify(value)}`);
}
