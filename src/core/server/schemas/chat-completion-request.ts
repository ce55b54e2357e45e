import { type Static, Type } from 'typebox';
import { generationParameters } from './generation-parameters.js';
import { optional } from './optional.js';

const contentPart = Type.Object({ type: Type.String(), text: optional(Type.String()) });

const message = Type.Object({
  role: Type.Enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: optional(Type.Union([Type.String(), Type.Array(contentPart)])),
  name: optional(Type.String()),
});

export const chatCompletionRequest = Type.Object({
  messages: Type.Array(message, { minItems: 1 }),
  ...generationParameters,
});

export type ChatCompletionRequest = Static<typeof chatCompletionRequest>;
export type WireMessage = Static<typeof message>;
