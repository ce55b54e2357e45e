import { type Static, Type } from 'typebox';
import { parseAs } from './parse-as.js';
import { until } from './until.js';

const count = Type.Integer({ minimum: 0 });
const exactly = { additionalProperties: false };

const owner = { key: Type.String(), class: Type.Enum(['interactive', 'standard', 'batch']) };

/** `GET /v1/queue` as docs/api.md has it. */
const queueView = Type.Object(
  {
    max_concurrency: count,
    max_queue: count,
    slots: count,
    draining: Type.Boolean(),
    may_turn: Type.Boolean(),
    running_count: count,
    waiting_count: count,
    preparing: count,
    running: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          ...owner,
          executor: Type.Optional(Type.String()),
          slot: Type.Union([count, Type.Null()]),
          prompt_tokens: count,
          cached_tokens: count,
          prefilled_tokens: Type.Optional(count),
          output_tokens: count,
          cost: count,
          running_ms: count,
        },
        exactly,
      ),
    ),
    waiting: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          ...owner,
          waits_for: Type.Enum(['slot', 'reserve', 'key']),
          position: count,
          prompt_tokens: count,
          cached_tokens: Type.Optional(count),
          paused: Type.Optional(Type.Literal(true)),
          output_tokens: Type.Optional(count),
          cost: count,
          waited_ms: count,
          eta_ms: Type.Union([count, Type.Null()]),
        },
        exactly,
      ),
    ),
    executors: Type.Array(
      Type.Object(
        { name: Type.String(), kind: Type.String(), status: Type.String(), places: count, running: count },
        exactly,
      ),
    ),
    totals: Type.Object(
      { completed: count, cancelled: count, refused: count, timed_out: count, failed: count },
      exactly,
    ),
    tokens: Type.Object({ prompt: count, cached: count, output: count }, exactly),
    output_tokens: count,
  },
  exactly,
);

export type QueueView = Static<typeof queueView>;

type Headers = Readonly<Record<string, string>>;

/** @param headers with the API key, if the server demands one */
export async function queueOf(serverUrl: string, headers: Headers = {}): Promise<QueueView> {
  return viewOf(await fetch(`${serverUrl}/v1/queue`, { headers }));
}

/** Changes the limits. @returns the queue right after */
export async function resizeQueue(serverUrl: string, limits: object, headers: Headers = {}): Promise<QueueView> {
  const init = { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' } };
  return viewOf(await fetch(`${serverUrl}/v1/queue`, { ...init, body: JSON.stringify(limits) }));
}

async function viewOf(response: Response): Promise<QueueView> {
  return parseAs(queueView, await response.json());
}

/** Polls until that many requests run and wait. */
export function untilQueued(
  serverUrl: string,
  running: number,
  waiting: number,
  headers: Headers = {},
): Promise<QueueView> {
  return until(async () => {
    const queue = await queueOf(serverUrl, headers);
    return queue.running.length === running && queue.waiting.length === waiting && queue;
  }, `${running} running and ${waiting} waiting`);
}
