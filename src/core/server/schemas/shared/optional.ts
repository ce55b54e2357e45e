import { type TNull, type TOptional, type TSchema, type TUnion, Type } from 'typebox';

/** A parameter that may be left out or sent as null; OpenAI's clients send null for what was not set. */
export function optional<T extends TSchema>(schema: T): TOptional<TUnion<[T, TNull]>> {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}
