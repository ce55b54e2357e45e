import type { ChatstreamError } from '../base/errors.js';
import type { GenerationEvent } from './engine.js';

/** What a round says of a generation that an error has ended. */
export function failedEvent(id: string, { code, advice, param }: ChatstreamError): GenerationEvent {
  return { type: 'failed', id, code, message: advice, ...(param !== undefined && { param }) };
}
