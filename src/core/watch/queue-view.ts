import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const milliseconds = Type.Number();
const count = Type.Integer();

/** The owner of a request, and how it is treated. */
const owner = { key: Type.String(), class: Type.String(), model: Type.Optional(Type.String()) };

const modelSchema = Type.Object({
  name: Type.String(),
  state: Type.String(),
  max_concurrency: count,
  max_queue: count,
  slots: count,
  running: count,
  waiting: count,
  preparing: count,
});

const queueSchema = Type.Object({
  max_concurrency: count,
  max_queue: count,
  /** How many lines there are, each with room for `max_queue`; left out where `models` says it, and for one. */
  lines: Type.Optional(count),
  slots: count,
  /** Where the slots are; left out if they are this server's own. */
  slots_at: Type.Optional(Type.String()),
  draining: Type.Boolean(),
  /** Of all requests. Those that are listed may be only those of one key. Older servers do not say. */
  running_count: Type.Optional(count),
  waiting_count: Type.Optional(count),
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
      /** Only for requests that are paused. */
      output_tokens: Type.Optional(count),
      waited_ms: milliseconds,
      eta_ms: Type.Union([milliseconds, Type.Null()]),
    }),
  ),
  totals: Type.Object({ completed: count, cancelled: count, refused: count, timed_out: count, failed: count }),
  tokens: Type.Object({ prompt: count, cached: count, output: count }),
  /** Of all requests since the start, as the counts are. */
  output_tokens: Type.Optional(count),
  /** What generates. Older servers do not say. */
  executors: Type.Optional(Type.Array(Type.Object({ running: count }))),
  models: Type.Optional(Type.Array(modelSchema)),
});

/** Both queues of a chatstream server, as `GET /v1/queue` shows them. */
export type QueueView = Static<typeof queueSchema>;

/** The line of one of several models. */
type ModelView = Static<typeof modelSchema>;

/** Whether a server's answer is the state of its queues. */
export const isQueueView = (json: unknown): json is QueueView => compiled.Check(json);

const compiled = Compile(queueSchema);

/** How many may run and wait at once; with several models, all of them together. */
export function roomOf(queue: QueueView): { readonly running: number; readonly waiting: number } {
  const { max_queue, lines = 1, models } = queue;
  // The limit of a cluster may be higher than what its nodes have at the moment.
  const mostOf = (line: Pick<QueueView, 'max_concurrency' | 'slots'>): number =>
    queue.slots_at === 'nodes' ? Math.min(line.max_concurrency, line.slots) : line.max_concurrency;
  if (models === undefined) return { running: mostOf(queue), waiting: max_queue * lines };
  return {
    running: models.reduce((sum, model) => sum + mostOf(model), 0),
    waiting: models.reduce((sum, model) => sum + model.max_queue, 0),
  };
}

/**
 * How many requests run and wait, also those that are not listed: a key with the role `user` sees only its own. Of several models,
 * all of them together; while a model is not loaded, its requests wait before its line.
 */
export function countsOf({ running, waiting, models, running_count, waiting_count }: QueueView): {
  readonly running: number;
  readonly waiting: number;
} {
  if (models === undefined) {
    return { running: running_count ?? running.length, waiting: waiting_count ?? waiting.length };
  }
  return {
    running: models.reduce((sum, model) => sum + model.running, 0),
    waiting: models.reduce((sum, model) => sum + waitingOf(model), 0),
  };
}

/**
 * How many requests run in the whole cluster, at a front of one: it lists only its own, but the nodes say how many they run for all
 * fronts. Null at any other server.
 */
export function runningInCluster({ slots_at, executors }: QueueView): number | null {
  if (slots_at !== 'nodes' || executors === undefined) return null;
  return executors.reduce((sum, { running }) => sum + running, 0);
}

/** What waits for a model includes requests whose prompts are being prepared: until it is loaded, that is where they wait. */
export function waitingOf({ waiting, preparing }: ModelView): number {
  return waiting + preparing;
}
