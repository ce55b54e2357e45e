import { seededRandom } from '../../base/random.js';
import type { StreamingClient } from '../client/streaming-client.js';
import { microsNow } from '../../base/micros.js';
import { type BodyOptions, requestBody } from '../workload/workload.js';
import { assumedScale, drawWords, type TokenScale } from '../workload/words.js';

const fewWords = 16;
const manyWords = 80;

/**
 * How many tokens the target's tokenizer makes of our words, measured with two short requests.
 *
 * @returns what is usual, if the server does not report how long prompts were
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
