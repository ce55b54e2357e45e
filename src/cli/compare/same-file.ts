import { realpath } from 'node:fs/promises';
import { ChatstreamError } from '../../core/base/errors.js';

/**
 * Refuses to compare a result with itself, which would pass every gate: most likely, a name was mistyped.
 *
 * @param paths of files that exist
 * @throws ChatstreamError `usage` if two of them lead to the same file
 */
export async function refuseSameFile(paths: readonly string[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const real = await realpath(path);
    const earlier = seen.get(real);
    if (earlier !== undefined) {
      throw new ChatstreamError('usage', `${earlier} and ${path} are the same file.`, {
        hint: 'Give each once, the baseline first. To see how much the machine itself varies, measure the same server twice.',
      });
    }
    seen.set(real, path);
  }
}
