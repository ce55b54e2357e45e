import { realpath } from 'node:fs/promises';
import { ChatstreamError } from '../../core/base/errors.js';
import type { BenchResult } from '../../core/measurement/result-schema.js';

const hint =
  'Give each once, the baseline first. To see how much the machine itself varies, measure the same server twice.';

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
      throw new ChatstreamError('usage', `${earlier} and ${path} are the same file.`, { hint });
    }
    seen.set(real, path);
  }
}

/**
 * Refuses copies of a result for the same reason: most likely, one was overwritten with the other.
 *
 * @throws ChatstreamError `usage` if two of them are equal, whatever the files are called
 */
export function refuseCopies(results: readonly { readonly name: string; readonly result: BenchResult }[]): void {
  const seen = new Map<string, string>();
  for (const { name, result } of results) {
    const content = JSON.stringify(result);
    const earlier = seen.get(content);
    if (earlier !== undefined) {
      throw new ChatstreamError('usage', `${earlier} and ${name} hold the same measurement.`, { hint });
    }
    seen.set(content, name);
  }
}
