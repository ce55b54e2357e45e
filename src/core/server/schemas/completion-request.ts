import { type Static, Type } from 'typebox';
import { generationParameters } from './generation-parameters.js';

const tokens = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 });

export const completionRequest = Type.Object({
  prompt: Type.Union([Type.String(), tokens, Type.Array(Type.String(), { minItems: 1, maxItems: 1 })], {
    description: 'One prompt, as text or as tokens.',
  }),
  ...generationParameters,
});

export type CompletionRequest = Static<typeof completionRequest>;
