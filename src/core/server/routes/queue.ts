import type { App, LineContext } from '../http/context.js';
import { wireExecutors, wireLimits, wireRunning, wireWaiting } from '../protocol/wire-queue.js';
import { errors, json } from '../schemas/openapi.js';
import { queueLimits } from '../schemas/server-state.js';

export function queueRoutes(app: App, context: LineContext): void {
  const tags = ['queue'];
  const reading = {
    summary: 'Running and waiting requests',
    tags,
    response: { 200: json('Both queues as they are now.', 'Queue'), ...errors(401, 403) },
  };
  app.get('/v1/queue', { schema: reading }, ({ raw }) => describe(context, raw));

  const changing = {
    summary: 'Change the limits of the running server',
    tags,
    body: queueLimits,
    response: { 200: json('Both queues, with the new limits.', 'Queue'), ...errors(400, 401, 403, 408, 413, 415) },
  };
  app.patch('/v1/queue', { schema: changing }, ({ body, log, raw }) => {
    context.line.resize({
      ...(body.max_concurrency === undefined ? {} : { maxConcurrency: body.max_concurrency }),
      ...(body.max_queue === undefined ? {} : { maxQueue: body.max_queue }),
    });
    log.info(body, 'queue limits changed');
    return describe(context, raw);
  });
}

/** Users see only their own requests, with their places among all. */
function describe({ line, totals, keys }: LineContext, request: object): object {
  const queue = line.snapshot();
  const { role } = keys.of(request);
  const owner = keys.payerOf(request);
  const isShown = ({ key, payer = key }: { readonly key: string; readonly payer?: string }): boolean =>
    role !== 'user' || payer === owner;
  return {
    ...wireLimits(queue),
    running: queue.running.filter(isShown).map(wireRunning),
    waiting: queue.waiting.filter(isShown).map(wireWaiting),
    executors: wireExecutors(line.executors),
    totals: totals.counts,
    tokens: totals.tokens,
  };
}
