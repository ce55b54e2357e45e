import { asChatstreamError, ChatstreamError } from '../../../base/errors.js';
import { withShownId } from '../../console/queue-view.js';
import type { App, LineContext } from '../../http/context.js';
import type { Sender } from '../../http/keys/operators.js';
import { viewerOf } from '../../http/keys/roles.js';
import { wireLimits, wireLines, wireRunning, wireWaiting } from '../../protocol/wire-queue.js';
import { errors, json } from '../../schemas/openapi.js';
import { drainRequest, type QueueLimits, queueLimits } from '../../schemas/state/server-state.js';
import { LimitHolds } from './limit-holds.js';
import { queueOf } from './model-queue.js';

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
    response: {
      200: json('Both queues, with the new limits.', 'Queue'),
      ...errors(400, 401, 403, 404, 408, 409, 413, 415, 503),
    },
  };
  const holds = new LimitHolds(context.clock);
  app.patch('/v1/queue', { schema: changing }, async ({ body, log, raw }) => {
    const asked = context.keys.askedBy(raw);
    try {
      const { isChanged, maxConcurrency } = await changeLimits(context, holds, body);
      const isEnding = body.hold?.seconds === 0;
      if (isChanged)
        log.info({ ...asked, ...body, ...(isEnding && { max_concurrency: maxConcurrency }) }, 'queue limits changed');
      else log.debug({ ...asked, ...body }, 'queue limits held');
    } catch (error) {
      // It says which models have changed nevertheless.
      log.warn({ ...asked, ...body, reason: asChatstreamError(error).advice }, 'queue limits refused');
      throw error;
    }
    return describe(context, raw);
  });

  const { operations, line } = context;
  if (operations === null) return;
  const draining = {
    summary: 'Shut the server down: what runs may finish',
    tags,
    // Whatever it is, a body of JSON keeps pages of others from sending it through a browser of this machine.
    body: drainRequest,
    response: { 202: json('The drain begins.', 'Queue'), ...errors(400, 401, 403, 408, 413, 415) },
  };
  app.post('/v1/queue/drain', { schema: draining }, ({ log, raw }, reply) => {
    // Not its readiness, which says `draining` where all upstreams are drained, too.
    if (!line.snapshot(0).draining) {
      log.info(context.keys.askedBy(raw), 'drain asked for over HTTP');
      operations.drain();
    }
    return reply.code(202).send({ ...describe(context, raw), draining: true });
  });
}

interface LimitChange {
  /** Whether a limit was set, and not only held. */
  readonly isChanged: boolean;
  /** What it was set to: as asked, or as it was before a hold that ends. */
  readonly maxConcurrency: number | undefined;
}

/** @throws ChatstreamError no such model, no such hold, or limits that its queue does not take. */
async function changeLimits(context: LineContext, holds: LimitHolds, body: QueueLimits): Promise<LimitChange> {
  const { model, hold, max_concurrency: asked, max_queue: maxQueue } = body;
  const line = model === undefined ? context.line : queueOf(context, model);
  const isEnding = hold?.seconds === 0;
  const restored = isEnding ? holds.before(model, hold.id) : undefined;
  const maxConcurrency = asked ?? restored;
  if (hold !== undefined && model === undefined && context.line.modelQueues !== undefined) throw wholeHoldError();
  if (isEnding && asked !== undefined) holds.check(model, hold.id);
  const undo = hold === undefined || isEnding ? null : holds.hold(model, hold, maxConcurrencyOf(context, model));
  try {
    line.resize({
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(maxQueue === undefined ? {} : { maxQueue }),
    });
  } catch (error) {
    undo?.();
    throw error;
  }
  // At once, because another one may begin while the limits are stored.
  if (hold === undefined && maxConcurrency !== undefined) holds.end(model);
  await line.limitsKept?.();
  if (hold !== undefined && restored !== undefined && holds.before(model, hold.id) !== undefined) holds.end(model);
  return { isChanged: maxConcurrency !== undefined || maxQueue !== undefined, maxConcurrency };
}

function wholeHoldError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A hold is of one model here.', {
    param: 'model',
    hint: 'Name the "model" whose limits are held.',
  });
}

/** @param model undefined: that of the whole server */
function maxConcurrencyOf(context: LineContext, model: string | undefined): number {
  return (model === undefined ? context.line.snapshot(0) : queueOf(context, model)).maxConcurrency;
}

/** Users see only their own requests, with their places among all and the counts of all, and the models that they may use. */
function describe({ line, totals, keys }: LineContext, request: Sender): object {
  const viewer = viewerOf(keys, request);
  const { payer, models, mayTurn } = viewer;
  const queue = line.snapshot(undefined, payer);
  return {
    ...wireLimits(queue),
    ...(line.slotsAt !== undefined && { slots_at: line.slotsAt }),
    may_turn: mayTurn,
    ...(queue.prefillChunk !== undefined && { prefill_chunk: queue.prefillChunk }),
    running_count: line.running,
    waiting_count: line.waiting,
    running: queue.running.map((each) => withShownId(wireRunning(each), viewer)),
    waiting: queue.waiting.map((each) => withShownId(wireWaiting(each), viewer)),
    ...wireLines(line, models),
    totals: totals.counts,
    tokens: totals.tokens,
    output_tokens: totals.tokens.output + queue.runningOutputTokens,
  };
}
