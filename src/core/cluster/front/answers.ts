import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../../base/errors.js';
import type { EngineInfo, Prepared, Token } from '../../engine/engine.js';
import type { TokenSpelling } from '../../engine/token-spelling.js';

const tokens = Type.Unsafe<readonly Token[]>(Type.Array(Type.Integer()));
const text = Type.String();
const spellings = Type.Unsafe<readonly TokenSpelling[]>(Type.Array(Type.Object({ name: Type.String() })));
const prepared = Type.Unsafe<Prepared>(
  Type.Object({ prompt: Type.Array(Type.Integer()), format: Type.Object({}), isThinking: Type.Boolean() }),
);
const info = Type.Unsafe<EngineInfo>(
  Type.Object({ modelId: Type.String(), contextLength: Type.Integer(), slots: Type.Integer() }),
);

/**
 * The answers of nodes, with their types. @throws ChatstreamError `internal` for what cannot be an answer to that
 * question
 */
export const readAnswer = {
  tokens: (value: unknown): readonly Token[] => checked(tokens, value),
  text: (value: unknown): string => checked(text, value),
  spellings: (value: unknown): readonly TokenSpelling[] => checked(spellings, value),
  prepared: (value: unknown): Prepared => checked(prepared, value),
  info: (value: unknown): EngineInfo => checked(info, value),
};

function checked<T extends TSchema>(shape: T, value: unknown): ReturnType<typeof Value.Parse<T>> {
  if (Value.Check(shape, value)) return value;
  throw new ChatstreamError('internal', 'A node sent an answer that was not requested.');
}
