import { lowerFirst } from '../../base/sentences.js';
import type { EndedEarly } from '../result-schema.js';

/** The user stopped it. Results of older versions, which only say that they were interrupted, count as this, too. */
export const stoppedByUser: EndedEarly = { cause: 'stopped', server: null, message: 'It was stopped.' };

/** Whether a reader has to be told, because it was not the user. */
export function isUnexpected(end: EndedEarly | null): end is EndedEarly {
  return end !== null && end.message !== stoppedByUser.message;
}

/** The same for a reader. */
export function endedEarlyWarning({ message }: EndedEarly): string {
  return `The bench ended early: ${lowerFirst(message)}`;
}

/**
 * Says that not everything was measured, and why; a sentence without its full stop.
 *
 * @param measurement how the sentence begins, such as "The measurement of the baseline"
 */
export function incompleteText(measurement: string, { message }: Pick<EndedEarly, 'message'>): string {
  if (message === stoppedByUser.message) return `${measurement} was stopped before it was complete`;
  return `${measurement} ended before it was complete: ${lowerFirst(message).replace(/\.$/, '')}`;
}
