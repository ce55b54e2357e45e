import { noSuchModelError, oneQueueError } from '../../../base/refusals/model-refusals.js';
import type { ModelQueue } from '../../../inference/queue/request-line.js';
import type { LineContext } from '../../http/context.js';

/** @throws ChatstreamError `model_not_found`; `invalid_request` on a server without a queue for each model */
export function queueOf({ line }: Pick<LineContext, 'line'>, model: string): ModelQueue {
  if (line.modelQueues === undefined) throw oneQueueError();
  const found = line.modelQueues.find(({ name }) => name === model);
  if (found !== undefined) return found;
  throw noSuchModelError(
    model,
    line.modelQueues.map(({ name }) => name),
  );
}
