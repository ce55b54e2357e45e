import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const checks = new WeakMap<TSchema, (value: unknown) => boolean>();

/**
 * Whether a value has a shape. Shapes are compiled when first used, because walking through one took as long as a hop
 * over NATS.
 */
export function isOf<T extends TSchema>(shape: T, value: unknown): value is Static<T> {
  const known = checks.get(shape);
  if (known !== undefined) return known(value);
  const compiled = Compile(shape);
  checks.set(shape, (each) => compiled.Check(each));
  return compiled.Check(value);
}
