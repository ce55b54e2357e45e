import { noSuchModelError, oneQueueError } from '../../base/model-refusals.js';
import type { ModelQueue } from '../../inference/request-line.js';
import type { App, LineContext } from '../http/context.js';
import { wireExecutors, wireLimits, wireModels, wireRunning, wireWaiting } from '../protocol/wire-queue.js';
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
    response: { 200: json('Both queues, with the new limits.', 'Queue'), ...errors(400, 401, 403, 404, 408, 413, 415) },
  };
  app.patch('/v1/queue', { schema: changing }, ({ body, log, raw }) => {
    const { model } = body;
    const line = model === undefined ? context.line : queueOf(context, model);
    line.resize({
      ...(body.max_concurrency === undefined ? {} : { maxConcurrency: body.max_concurrency }),
      ...(body.max_queue === undefined ? {} : { maxQueue: body.max_queue }),
    });
    log.info(body, 'queue limits changed');
    return describe(context, raw);
  });
}

/** @throws ChatstreamError `model_not_found`; `invalid_request` on a server without a queue for each model */
function queueOf({ line }: LineContext, model: string): Pick<ModelQueue, 'resize'> {
  if (line.modelQueues === undefined) throw oneQueueError();
  const found = line.modelQueues.find(({ name }) => name === model);
  if (found !== undefined) return found;
  throw noSuchModelError(
    model,
    line.modelQueues.map(({ name }) => name),
  );
}

/** Users see only their own requests, with their places among all. */
function describe({ line, totals, keys }: LineContext, request: object): object {
  const queue = line.snapshot();
  const { role, name } = keys.of(request);
  const isShown = ({ key }: { readonly key: string }): boolean => role !== 'user' || key === name;
  return {
    ...wireLimits(queue),
    running: queue.running.filter(isShown).map(wireRunning),
    waiting: queue.waiting.filter(isShown).map(wireWaiting),
    executors: wireExecutors(line.executors),
    ...wireModels(line.modelQueues),
    totals: totals.counts,
    tokens: totals.tokens,
  };
}
