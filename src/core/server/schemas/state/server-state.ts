import { type Static, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });

const nullableCount = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

const modelState = Type.Enum(['unloaded', 'loading', 'loaded', 'unloading', 'failed']);

/** What is known of a model once it has been loaded. */
const modelMeta = Type.Object({
  engine: Type.Enum(['llama', 'mock']),
  device: Type.String(),
  slots: Type.Integer({ minimum: 1 }),
  architecture: Type.String(),
  parameters: nullableCount,
  trained_context_length: nullableCount,
  vocabulary_size: nullableCount,
  file_bytes: nullableCount,
  embeddings: Type.Optional(
    Type.Object(
      { dimensions: Type.Integer({ minimum: 1 }), pooling: Type.String({ description: 'mean, cls or last.' }) },
      { description: 'With --embeddings.' },
    ),
  ),
});

export const model = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer({ description: 'Unix time in seconds.' }),
  owned_by: Type.String(),
  root: Type.String({ description: "The name of the model's file. The same for all names of one model." }),
  state: Type.Optional(modelState),
  context_length: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Tokens per slot, prompt and answer together. Known once it was loaded.' }),
  ),
  max_model_len: Type.Optional(Type.Integer({ minimum: 1, description: "The same under vLLM's name." })),
  meta: Type.Optional(modelMeta),
});

export const modelList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(Type.Ref('Model#'), { description: 'Empty until the model is loaded.' }),
});

export const queueLimits = Type.Object(
  {
    max_concurrency: Type.Optional(Type.Integer({ minimum: 1, description: 'At most the number of slots.' })),
    max_queue: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    model: Type.Optional(Type.String({ description: 'Whose queue it is, where several models are served; else all.' })),
    hold: Type.Optional(
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: 100 }),
          seconds: Type.Integer({ minimum: 0, maximum: 3600 }),
        },
        {
          additionalProperties: false,
          description:
            'Sets max_concurrency for a while: others that send a hold are refused meanwhile. With 0 seconds, the hold ends and max_concurrency is put back, unless it was changed without this hold.',
        },
      ),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

export type QueueLimits = Static<typeof queueLimits>;

export const drainRequest = Type.Object({}, { additionalProperties: false });

export const inputTokens = Type.Object({ object: Type.Literal('response.input_tokens'), input_tokens: count });

const owner = {
  key: Type.String({ description: 'The name of the key; anonymous on a server without keys.' }),
  class: Type.Enum(['interactive', 'standard', 'batch']),
};

const ofModel = Type.String({
  description: 'If each model has its own line: with several models, and with upstream servers.',
});

const places = Type.Optional(
  Type.Integer({ minimum: 2, description: 'With upstream servers: how many places it takes, if they are several.' }),
);

const cost = Type.Integer({
  minimum: 0,
  description:
    'Tokens so far as the fair queue counts them: prompt tokens that were not cached once, output tokens twice. 0 until it begins.',
});

export const running = Type.Object({
  id: Type.String(),
  ...owner,
  model: Type.Optional(ofModel),
  executor: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description:
        'With --replicas, the engine that has it; in a cluster, the node; with upstream servers, which of them, or null while it waits for another one.',
    }),
  ),
  places,
  slot: Type.Union([count, Type.Null()], { description: 'Null until the engine has chosen one.' }),
  prompt_tokens: count,
  cached_tokens: Type.Integer({ minimum: 0, description: 'Those that needed no prefill; 0 until that is known.' }),
  prefilled_tokens: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'How much of the prompt has been read, while that takes several rounds. Cached tokens are counted.',
    }),
  ),
  output_tokens: count,
  cost,
  running_ms: count,
});

export const waiting = Type.Object({
  id: Type.String(),
  ...owner,
  model: Type.Optional(ofModel),
  waits_for: Type.Enum(['slot', 'reserve', 'key'], {
    description:
      'key: its key runs as many as it may, so that one of these has to end. reserve: all free slots are held back for others.',
  }),
  position: Type.Integer({ minimum: 1 }),
  places,
  prompt_tokens: count,
  cached_tokens: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Those of a paused request that needed no prefill.' }),
  ),
  paused: Type.Optional(
    Type.Literal(true, {
      description: 'With --preempt-batch-after: it has begun, has given up its slot, and continues when it gets one.',
    }),
  ),
  output_tokens: Type.Optional(Type.Integer({ minimum: 0, description: 'What a paused request has so far.' })),
  cost,
  waited_ms: Type.Integer({ minimum: 0, description: 'Since it came, or since it was paused.' }),
  eta_ms: Type.Union([count, Type.Null()], { description: 'Null until the first request has completed.' }),
});

const executor = Type.Object({
  name: Type.String({
    description: 'local for the engine of this server; local-1, local-2 and so on with --replicas.',
  }),
  kind: Type.String({ description: 'llama, mock, or the kind of server.' }),
  status: Type.Enum(['ready', 'trying', 'cooling', 'draining', 'down']),
  places: Type.Integer({ minimum: 1 }),
  running: count,
});

const modelQueue = Type.Object({
  name: Type.String(),
  state: modelState,
  eta_ms: Type.Union([count, Type.Null()], {
    description: 'When it will be loaded; null if it is, and if that depends on others.',
  }),
  max_concurrency: count,
  max_queue: count,
  slots: count,
  running: count,
  waiting: count,
  preparing: Type.Integer({
    minimum: 0,
    description: 'Requests that wait for the model to be loaded, or whose prompts are being turned into tokens.',
  }),
});

export const queue = Type.Object({
  max_concurrency: Type.Integer({ minimum: 0, description: 'At most the slots: 0 in a cluster that has no nodes.' }),
  max_queue: Type.Integer({ minimum: 0, description: 'Of each line, if models have separate lines.' }),
  lines: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'With upstream servers: the lines, one for each model that was asked for.',
    }),
  ),
  slots: Type.Integer({ minimum: 0, description: '0 in a cluster that has no nodes.' }),
  slots_at: Type.Optional(
    Type.Enum(['upstreams', 'nodes'], { description: 'Who has the slots; left out if this server has them.' }),
  ),
  draining: Type.Boolean(),
  may_turn: Type.Boolean({
    description: 'Whether this client may change the limits, with PATCH /v1/queue.',
  }),
  preparing: Type.Integer({
    minimum: 0,
    description: 'Requests whose prompts are being turned into tokens, and calls of /tokenize and /detokenize.',
  }),
  prefill_chunk: Type.Optional(
    Type.Integer({ minimum: 1, description: 'With --tpot-target: the most prompt tokens that a round processes now.' }),
  ),
  running_count: Type.Integer({ minimum: 0, description: 'How many run, whichever are listed.' }),
  waiting_count: Type.Integer({ minimum: 0, description: 'How many wait, whichever are listed.' }),
  running: Type.Array(running),
  waiting: Type.Array(waiting, { description: 'In the order in which they will run.' }),
  executors: Type.Array(executor, { description: 'Who generates.' }),
  models: Type.Optional(
    Type.Array(modelQueue, { description: 'Where several models are served, each in its own line.' }),
  ),
  totals: Type.Object(
    { completed: count, cancelled: count, refused: count, timed_out: count, failed: count },
    { description: 'Requests that have ended since the start, by outcome.' },
  ),
  tokens: Type.Object(
    { prompt: count, cached: count, output: count },
    { description: 'Tokens of requests that have ended since the start; cached ones are among those of the prompts.' },
  ),
  output_tokens: Type.Integer({
    minimum: 0,
    description: 'Output tokens of all requests since the start, those that have not ended included.',
  }),
});

export type WireExecutor = Static<typeof executor>;
export type WireModelQueue = Static<typeof modelQueue>;
export type WireRunning = Static<typeof running>;
export type WireWaiting = Static<typeof waiting>;
export const upstream = Type.Object({
  ...executor.properties,
  url: Type.String(),
  models: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: 'By the names by which clients ask for them; null if it is asked for any.',
  }),
  resting: Type.Array(Type.String(), {
    description: 'Those of its models that get nothing for a time because it was too busy for them.',
  }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it is down.' }),
});

export const upstreamList = Type.Object({ object: Type.Literal('list'), data: Type.Array(upstream) });

export const upstreamChange = Type.Object(
  {
    drain: Type.Boolean({
      description: 'true: nothing new begins there, and what runs ends. false: it is used again.',
    }),
  },
  { additionalProperties: false },
);
