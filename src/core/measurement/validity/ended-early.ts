import type { EndedEarly } from '../result-schema.js';

/** The user stopped it. Results of older versions, which only say that they were interrupted, count as this, too. */
export const stoppedByUser: EndedEarly = { cause: 'stopped', server: null, message: 'It was stopped.' };

/** Whether a reader has to be told, because it was not the user. */
export function isUnexpected(end: EndedEarly | null): end is EndedEarly {
  return end !== null && end.message !== stoppedByUser.message;
}

/** The same for a reader. */
export function endedEarlyWarning({ message }: EndedEarly): string {
  return `The bench ended early: ${message}`;
}
