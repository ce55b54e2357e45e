import { type Static, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const bytes = Type.Integer({ minimum: 0 });
const share = Type.Number({ minimum: 0, maximum: 1 });

const gpu = Type.Object({
  name: Type.String(),
  used: Type.Union([share, Type.Null()], { description: 'Null if the card does not tell.' }),
  memory_used_bytes: bytes,
  memory_total_bytes: bytes,
});

export const resources = Type.Object({
  object: Type.Literal('resources'),
  cpu: Type.Object(
    { cores: Type.Integer({ minimum: 1 }), used: share, process: share },
    { description: 'Shares of all cores: of everything on the machine, and of chatstream.' },
  ),
  memory: Type.Object({ total_bytes: bytes, used_bytes: bytes, process_bytes: bytes }),
  gpus: Type.Array(gpu, { description: "NVIDIA's, as nvidia-smi shows them." }),
});

const percentiles = (description: string) =>
  Type.Union([Type.Object({ p50: Type.Number(), p95: Type.Number() }), Type.Null()], { description });

const sample = Type.Object({
  at_ms: Type.Integer({ description: 'The end of the interval: Unix time in milliseconds.' }),
  running: count,
  waiting: count,
  completed: count,
  cancelled: count,
  refused: count,
  timed_out: count,
  failed: count,
  prompt_tokens: count,
  cached_tokens: count,
  output_tokens: Type.Integer({ minimum: 0, description: 'Generated in the interval, by whichever requests.' }),
  ttft_ms: percentiles('From arrival to the first token.'),
  queue_wait_ms: percentiles('From admission to leaving the request queue.'),
  inter_token_ms: percentiles(
    'From one token to the next: the durations of rounds, or the means of completed answers where other servers generate.',
  ),
  engine_restarts: count,
  cpu: share,
  memory_bytes: Type.Integer({ minimum: 0, description: 'Of chatstream.' }),
  gpu: Type.Union([Type.Object({ used: Type.Union([share, Type.Null()]), memory_used_bytes: bytes }), Type.Null()], {
    description: 'All GPUs together; null unless the engine uses one that can be read.',
  }),
});

export const history = Type.Object({
  object: Type.Literal('history'),
  interval_s: Type.Number(),
  samples: Type.Array(sample, { description: 'The oldest first.', maxItems: 180 }),
});

export type WireResources = Static<typeof resources>;
export type WireHistory = Static<typeof history>;
