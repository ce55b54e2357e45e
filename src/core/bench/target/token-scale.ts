import { untilAborted } from '../../base/abort.js';
import { microsNow } from '../../base/micros.js';
import { seededRandom } from '../../base/random.js';
import { createStreamingClient, type StreamingClient } from '../client/streaming-client.js';
import type { BenchOptions } from '../plan/options.js';
import { assumedScale, drawWords, type TokenScale } from '../workload/words.js';
import { type BodyOptions, requestBody } from '../workload/workload.js';
import type { Target } from './target.js';

const fewWords = 16;
const manyWords = 80;

/**
 * Measures with two short requests how many tokens the server's tokenizer makes of our words.
 *
 * @returns the usual scale if the server does not report how long the prompts were
 */
export async function measureTokenScale(client: StreamingClient, body: BodyOptions): Promise<TokenScale> {
  const tokens = async (words: number): Promise<number | null> => {
    const content = drawWords(words, seededRandom(words));
    const turn = { messages: [{ role: 'user', content }], outputTokens: 1 };
    const outcome = await client.send(requestBody(turn, body), microsNow());
    return outcome.status === 'completed' ? outcome.promptTokens : null;
  };
  const few = await tokens(fewWords);
  const many = await tokens(manyWords);
  if (few === null || many === null || many <= few) return assumedScale;
  const perWord = (many - few) / (manyWords - fewWords);
  return { perWord, overhead: Math.max(0, few - perWord * fewWords) };
}

/**
 * The same on a connection of its own.
 *
 * @param signal aborted to give up
 */
export async function tokenScaleOf(
  { requestsUrl: url, headers, transport, description }: Target,
  { timeoutMs, omittedParams, extraBody }: Pick<BenchOptions, 'timeoutMs' | 'omittedParams' | 'extraBody'>,
  signal: AbortSignal,
): Promise<TokenScale> {
  const client = createStreamingClient({ url, headers, timeoutMs, transport });
  const body = { model: description.model, ignoreEos: false, omitted: omittedParams, extraBody };
  try {
    return await untilAborted(measureTokenScale(client, body), signal);
  } finally {
    await client.close();
  }
}
