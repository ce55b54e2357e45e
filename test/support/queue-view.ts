import { type Static, Type } from 'typebox';
import { parseAs } from './parse-as.js';
import { until } from './until.js';

const count = Type.Integer({ minimum: 0 });
const exactly = { additionalProperties: false };

/** `GET /v1/queue` as docs/api.md has it. */
const queueView = Type.Object(
  {
    max_concurrency: count,
    max_queue: count,
    slots: count,
    draining: Type.Boolean(),
    preparing: count,
    running: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          slot: Type.Union([count, Type.Null()]),
          prompt_tokens: count,
          output_tokens: count,
          running_ms: count,
        },
        exactly,
      ),
    ),
    waiting: Type.Array(
      Type.Object(
        { id: Type.String(), position: count, waited_ms: count, eta_ms: Type.Union([count, Type.Null()]) },
        exactly,
      ),
    ),
    totals: Type.Object(
      { completed: count, cancelled: count, refused: count, timed_out: count, failed: count },
      exactly,
    ),
    tokens: Type.Object({ prompt: count, cached: count, output: count }, exactly),
  },
  exactly,
);

export type QueueView = Static<typeof queueView>;

export async function queueOf(serverUrl: string, init: RequestInit = {}): Promise<QueueView> {
  const response = await fetch(`${serverUrl}/v1/queue`, init);
  return parseAs(queueView, await response.json());
}

/** Changes the limits. @returns the queue right after */
export function resizeQueue(serverUrl: string, limits: object): Promise<QueueView> {
  const headers = { 'content-type': 'application/json' };
  return queueOf(serverUrl, { method: 'PATCH', headers, body: JSON.stringify(limits) });
}

/** Polls until that many requests run and wait. */
export function untilQueued(serverUrl: string, running: number, waiting: number): Promise<QueueView> {
  return until(async () => {
    const queue = await queueOf(serverUrl);
    return queue.running.length === running && queue.waiting.length === waiting && queue;
  }, `${running} running and ${waiting} waiting`);
}
