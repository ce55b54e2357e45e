import { type Static, Type } from 'typebox';
import { queue, running, waiting } from './server-state.js';

const count = Type.Integer({ minimum: 0 });
const atMs = Type.Integer({ description: "The server's clock: Unix time in milliseconds." });

/** The state of both queues together. */
const status = Type.Object({
  ...Type.Omit(queue, ['running', 'waiting']).properties,
  lists: Type.Enum(['all', 'own'], { description: 'own: only requests of the key, whose role is user.' }),
  has_keys: Type.Boolean({ description: 'Whether the server has API keys, with which it may show more.' }),
  running_count: Type.Integer({ minimum: 0, description: 'How many run. Only the first of them are listed.' }),
  waiting_count: Type.Integer({ minimum: 0, description: 'How many wait. Only the first of them are listed.' }),
});

/** The data of `event: snapshot`. */
export const queueStart = Type.Object(
  {
    type: Type.Literal('snapshot'),
    at_ms: atMs,
    ...status.properties,
    running: Type.Array(running),
    waiting: Type.Array(waiting),
  },
  { description: 'Of `event: snapshot`: both queues, replacing whatever was known.' },
);

const changed = Type.Union([
  Type.Object({ state: Type.Literal('running'), ...running.properties }),
  Type.Object({ state: Type.Literal('waiting'), ...waiting.properties }),
]);

const ended = Type.Object({
  id: Type.String(),
  outcome: Type.Enum(['completed', 'cancelled', 'refused', 'timed_out', 'failed']),
  output_tokens: count,
});

/** The data of `event: change`. */
export const queueChange = Type.Object(
  {
    type: Type.Literal('change'),
    at_ms: atMs,
    requests: Type.Array(changed, { description: 'New and changed requests. Times that only pass are no change.' }),
    ended: Type.Array(ended, { description: 'Also requests that came and ended since the last event.' }),
    hidden: Type.Array(Type.String(), { description: 'Requests that are no longer among the first of their queue.' }),
    status: Type.Partial(status, { description: 'Fields that have changed.' }),
  },
  { description: 'Of `event: change`: what has changed since the event before.' },
);

export type QueueStatus = Static<typeof status>;
export type ChangedRequest = Static<typeof changed>;
export type EndedRequest = Static<typeof ended>;
export type QueueChange = Omit<Static<typeof queueChange>, 'type'>;
