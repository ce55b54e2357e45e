import { ChatstreamError } from '../../base/errors.js';

/**
 * Prepares a prompt after as few shortening steps as it takes to fit. Each attempt costs a tokenisation, so the number
 * of steps is found by bisection instead of one by one.
 *
 * @param steps the most steps, 1 or more
 * @param attempt prepares the prompt after 0 to `steps` steps; rejects with `context_length_exceeded` if it does not fit
 * @throws ChatstreamError that of the last attempt, if the prompt does not fit after all steps
 */
export async function afterFewestSteps<T>(steps: number, attempt: (step: number) => Promise<T>): Promise<T> {
  const whole = await fitting(attempt(0));
  if (whole !== null) return whole.prepared;
  let best: T = await attempt(steps);
  let tooFew = 0;
  let enough = steps;
  while (enough - tooFew > 1) {
    const step = Math.floor((tooFew + enough) / 2);
    const found = await fitting(attempt(step));
    if (found === null) {
      tooFew = step;
    } else {
      best = found.prepared;
      enough = step;
    }
  }
  return best;
}

/** Null if it does not fit. */
async function fitting<T>(attempt: Promise<T>): Promise<{ readonly prepared: T } | null> {
  try {
    return { prepared: await attempt };
  } catch (error) {
    if (error instanceof ChatstreamError && error.code === 'context_length_exceeded') return null;
    throw error;
  }
}
