import { ChatstreamError } from '../../core/base/errors.js';

/**
 * Does one thing after the other, also if one before it fails: what a command has measured takes minutes.
 *
 * @returns what failed, in order; anything that is not a {@link ChatstreamError} is a bug and rejects
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
