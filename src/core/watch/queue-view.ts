import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const milliseconds = Type.Number();
const count = Type.Integer();

/** Whose request it is, and how it is treated. */
const owner = { key: Type.String(), class: Type.String() };

const queueSchema = Type.Object({
  max_concurrency: count,
  max_queue: count,
  slots: count,
  draining: Type.Boolean(),
  running: Type.Array(
    Type.Object({
      id: Type.String(),
      ...owner,
      slot: Type.Union([count, Type.Null()]),
      prompt_tokens: count,
      output_tokens: count,
      running_ms: milliseconds,
    }),
  ),
  waiting: Type.Array(
    Type.Object({
      id: Type.String(),
      ...owner,
      position: count,
      /** Only of requests that are paused. */
      output_tokens: Type.Optional(count),
      waited_ms: milliseconds,
      eta_ms: Type.Union([milliseconds, Type.Null()]),
    }),
  ),
  totals: Type.Object({ completed: count, cancelled: count, refused: count, timed_out: count, failed: count }),
  tokens: Type.Object({ prompt: count, cached: count, output: count }),
});

/** Both queues of a chatstream server, as `GET /v1/queue` shows them. */
export type QueueView = Static<typeof queueSchema>;

/** Whether what a server answered is the state of its queues. */
export const isQueueView = (json: unknown): json is QueueView => compiled.Check(json);

const compiled = Compile(queueSchema);
