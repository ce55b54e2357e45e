import { type Static, Type } from 'typebox';
import { optional } from '../shared/optional.js';
import { timings } from './completion-answers.js';
import { deadlineMs, priority } from './completion-requests.js';

/** OpenAI's limit. */
const mostInputs = 2048;

const text = Type.String({ minLength: 1 });
const tokens = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 });

export const embeddingRequest = Type.Object({
  input: Type.Union(
    [
      text,
      tokens,
      Type.Array(text, { minItems: 1, maxItems: mostInputs }),
      Type.Array(tokens, { minItems: 1, maxItems: mostInputs }),
    ],
    { description: 'One or more inputs, as texts or as tokens.' },
  ),
  model: optional(Type.String({ description: 'A name from /v1/models; if left out, the first of them.' })),
  encoding_format: optional(
    Type.Enum(['float', 'base64'], { description: 'base64: 32-bit numbers, little-endian. Default: float.' }),
  ),
  dimensions: optional(
    Type.Integer({
      minimum: 1,
      description: 'Keep only the first numbers of each vector, scaled to length 1 again; for models trained for that.',
    }),
  ),
  deadline_ms: deadlineMs,
  priority,
  service_tier: optional(Type.String({ description: 'With flex, the request waits in the class batch.' })),
  user: optional(Type.String({ description: 'Accepted but not used.' })),
});

export type EmbeddingRequest = Static<typeof embeddingRequest>;

export const embeddings = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(
    Type.Object({
      object: Type.Literal('embedding'),
      index: Type.Integer({ minimum: 0, description: 'The number of the input.' }),
      embedding: Type.Union([Type.Array(Type.Number()), Type.String()], { description: 'A vector of length 1.' }),
    }),
  ),
  model: Type.String(),
  usage: Type.Object({
    prompt_tokens: Type.Integer({ minimum: 0 }),
    total_tokens: Type.Integer({ minimum: 0 }),
  }),
  timings,
});

export type Embeddings = Static<typeof embeddings>;
