import { microsNow } from '../../base/micros.js';
import { seededRandom } from '../../base/random.js';
import type { StreamingClient } from '../client/streaming-client.js';
import { type BodyOptions, requestBody } from '../workload/request-body.js';
import { drawWords } from '../workload/words.js';
import { probed, type RequestOptions } from './probe.js';
import type { Target } from './target.js';

/** Enough for several chunks of ten tokens, and quickly answered. */
const probeTokens = 32;

/** With fewer tokens per chunk on average, the first chunk is likely to have only one. */
const severalTokens = 1.5;

/** Finds out with a short request whether the server puts several tokens into a chunk. */
export async function measurePacking(client: StreamingClient, body: BodyOptions): Promise<boolean> {
  const content = drawWords(probeTokens, seededRandom(probeTokens));
  const turn = { messages: [{ role: 'user', content }], outputTokens: probeTokens };
  const outcome = await client.send(requestBody(turn, body), microsNow());
  if (outcome.status !== 'completed') return false;
  const { outputTokens, unseenReasoning, tokenChunks } = outcome;
  return (outputTokens ?? 0) - unseenReasoning >= severalTokens * tokenChunks;
}

/**
 * Whether to ask for the usage with every chunk: only if all targets can send it, and one of them puts several tokens
 * into a chunk. Otherwise it would only make chunks longer to write and to read: such a chunk differs from the others
 * in more than its text, and takes 8 times as long (benchmarks/bench).
 */
export async function needsRunningUsage(
  targets: readonly Target[],
  options: RequestOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (!targets.every(({ sendsRunningUsage }) => sendsRunningUsage)) return false;
  for (const target of targets) if (await probed(target, options, signal, measurePacking)) return true;
  return false;
}
