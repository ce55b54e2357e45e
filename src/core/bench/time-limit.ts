import { microsNow } from '../base/micros.js';

/**
 * Begins now.
 *
 * @param limitMs null: it never ends
 * @returns whether so many milliseconds have passed
 */
export function timeLimit(limitMs: number | null): () => boolean {
  const beganUs = microsNow();
  return () => limitMs !== null && microsNow() - beganUs >= limitMs * 1000;
}
