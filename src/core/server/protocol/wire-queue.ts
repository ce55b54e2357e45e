import type { Executor } from '../../executor/executor.js';
import type { QueueSnapshot } from '../../inference/queue/queue-snapshot.js';
import type { ModelQueue, RequestLine } from '../../inference/queue/request-line.js';
import type { WireExecutor, WireModelQueue, WireRunning, WireWaiting } from '../schemas/state/server-state.js';

type Running = QueueSnapshot['running'][number];
type Waiting = QueueSnapshot['waiting'][number];

/** The numbers of `GET /v1/queue` that describe the queues as a whole. */
export function wireLimits({ maxConcurrency, maxQueue, slots, draining, preparing }: QueueSnapshot): {
  readonly max_concurrency: number;
  readonly max_queue: number;
  readonly slots: number;
  readonly draining: boolean;
  readonly preparing: number;
} {
  return { max_concurrency: maxConcurrency, max_queue: maxQueue, slots, draining, preparing };
}

/**
 * The engines, and the lines of several models, as shown by `GET /v1/queue`.
 *
 * @param names shows only models with one of these names; null for all
 */
export function wireLines(
  { executors, modelQueues, sharingLines }: Pick<RequestLine, 'executors' | 'modelQueues' | 'sharingLines'>,
  names: readonly string[] | null,
): { readonly executors: WireExecutor[]; lines?: number; models?: WireModelQueue[] } {
  if (sharingLines !== undefined) {
    // The first request makes the first line.
    return { lines: Math.max(1, sharingLines.length), executors: wireExecutors(executors) };
  }
  if (modelQueues === undefined) return { executors: wireExecutors(executors) };
  const shown = modelQueues.filter(({ answersTo }) => names?.some(answersTo) ?? true);
  const shownNames = shown.map(({ name }) => name);
  return {
    executors: wireExecutors(executors.filter(({ model }) => model === undefined || shownNames.includes(model))),
    models: wireModels(shown),
  };
}

function wireExecutors(executors: readonly Executor[]): WireExecutor[] {
  return executors.map(({ name, kind, status, places, running }) => ({ name, kind, status, places, running }));
}

function wireModels(models: readonly ModelQueue[]): WireModelQueue[] {
  return models.map(({ name, state, etaMs, maxConcurrency, maxQueue, slots, running, waiting, preparing }) => ({
    name,
    state,
    eta_ms: etaMs === null ? null : Math.round(etaMs),
    max_concurrency: maxConcurrency,
    max_queue: maxQueue,
    ...{ slots, running, waiting, preparing },
  }));
}

/** A running request as `GET /v1/queue` shows it. */
export function wireRunning(running: Running): WireRunning {
  return {
    id: running.id,
    key: running.key,
    class: running.trafficClass,
    ...(running.model !== undefined && { model: running.model }),
    ...(running.executor !== undefined && { executor: running.executor }),
    ...(running.places !== undefined && { places: running.places }),
    slot: running.slot,
    prompt_tokens: running.promptTokens,
    cached_tokens: running.cachedTokens,
    ...(running.prefilledTokens !== undefined && { prefilled_tokens: running.prefilledTokens }),
    output_tokens: running.outputTokens,
    // Upstream servers may say that more was cached than the prompt is estimated to have.
    cost: Math.max(0, running.cost),
    running_ms: Math.round(running.runningMs),
  };
}

/** A waiting request as `GET /v1/queue` shows it. */
export function wireWaiting(waiting: Waiting): WireWaiting {
  return {
    id: waiting.id,
    key: waiting.key,
    class: waiting.trafficClass,
    ...(waiting.model !== undefined && { model: waiting.model }),
    waits_for: waiting.waitsFor,
    position: waiting.position,
    ...(waiting.places !== undefined && { places: waiting.places }),
    prompt_tokens: waiting.promptTokens,
    ...(waiting.cachedTokens !== undefined && { cached_tokens: waiting.cachedTokens }),
    ...(waiting.outputTokens !== undefined && { paused: true, output_tokens: waiting.outputTokens }),
    cost: waiting.cost,
    waited_ms: Math.round(waiting.waitedMs),
    eta_ms: waiting.etaMs === null ? null : Math.round(waiting.etaMs),
  };
}
