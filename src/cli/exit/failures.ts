import { ChatstreamError } from '../../core/base/errors.js';

/**
 * Runs the steps one after the other, even if an earlier one fails, because a command's measurements take minutes.
 *
 * @returns the errors, in order; anything that is not a {@link ChatstreamError} is a bug and rejects
 */
export async function failuresOf(steps: readonly (() => Promise<void>)[]): Promise<readonly ChatstreamError[]> {
  const failures: ChatstreamError[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ChatstreamError)) throw error;
      failures.push(error);
    }
  }
  return failures;
}
