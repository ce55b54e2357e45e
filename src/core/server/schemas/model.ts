import { Type } from 'typebox';

const nullableCount = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

export const model = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer({ description: 'Unix time in seconds.' }),
  owned_by: Type.String(),
  context_length: Type.Integer({ minimum: 1, description: 'Tokens per slot, prompt and answer together.' }),
  meta: Type.Object({
    engine: Type.Enum(['llama', 'mock']),
    device: Type.String(),
    slots: Type.Integer({ minimum: 1 }),
    architecture: Type.String(),
    parameters: nullableCount,
    trained_context_length: nullableCount,
    vocabulary_size: nullableCount,
    file_bytes: nullableCount,
  }),
});

export const modelList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(Type.Ref('Model#'), { description: 'Empty until the model is loaded.' }),
});
