import { Type } from 'typebox';
import type { App } from '../app-type.js';
import type { ServerContext } from '../context.js';

const limits = Type.Object(
  {
    max_concurrency: Type.Optional(Type.Integer({ minimum: 1, description: 'At most the number of slots.' })),
    max_queue: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  { additionalProperties: false, minProperties: 1 },
);

export function queueRoutes(app: App, context: ServerContext): void {
  const tags = ['queue'];
  app.get('/v1/queue', { schema: { summary: 'Who runs and who waits', tags } }, () => describe(context));

  const schema = { summary: 'Change the limits while running', tags, body: limits };
  app.patch('/v1/queue', { schema }, ({ body, log }) => {
    context.inference.resize({
      ...(body.max_concurrency === undefined ? {} : { maxConcurrency: body.max_concurrency }),
      ...(body.max_queue === undefined ? {} : { maxQueue: body.max_queue }),
    });
    log.info(body, 'queue limits changed');
    return describe(context);
  });
}

function describe({ inference, totals }: ServerContext): object {
  const queue = inference.snapshot();
  return {
    max_concurrency: queue.maxConcurrency,
    max_queue: queue.maxQueue,
    slots: queue.slots,
    draining: queue.draining,
    running: queue.running.map((running) => ({
      id: running.id,
      slot: running.slot,
      prompt_tokens: running.promptTokens,
      output_tokens: running.outputTokens,
      running_ms: Math.round(running.runningMs),
    })),
    waiting: queue.waiting.map((waiting) => ({
      id: waiting.id,
      position: waiting.position,
      waited_ms: Math.round(waiting.waitedMs),
      eta_ms: waiting.etaMs === null ? null : Math.round(waiting.etaMs),
    })),
    totals: totals.counts,
  };
}
