import { microsNow } from '../../base/micros.js';
import type { RequestOutcome } from '../client/outcome.js';
import { rejectionIn } from '../client/rejection.js';
import type { StreamingClient } from '../client/streaming-client.js';
import { type BodyOptions, requestBody } from '../workload/request-body.js';
import { assumedScale, type TokenScale, typicalWords } from '../workload/words.js';
import { rejectedError } from './rejected.js';

/** Hardly any, so that little depends on which they are: what a prompt has beside its words follows from this one. */
const fewWords = 4;
const manyWords = 80;

export interface MeasuredScale {
  /** The usual scale if the server does not report how long the prompts were. */
  readonly scale: TokenScale;
  /** Why a request was not answered, in the server's words; null if both were. */
  readonly problem: string | null;
}

/**
 * Measures with two short requests how many tokens the server's tokenizer makes of our words. These requests also show
 * for the first time whether the server accepts our requests at all.
 *
 * @param url for messages
 * @throws ChatstreamError `target_unreachable` if the server rejects them
 */
export async function measureTokenScale(
  client: StreamingClient,
  body: BodyOptions,
  url: string,
): Promise<MeasuredScale> {
  const send = async (words: number): Promise<RequestOutcome> => {
    const content = typicalWords(words);
    const turn = { messages: [{ role: 'user', content }], outputTokens: 1 };
    const outcome = await client.send(requestBody(turn, body), microsNow());
    const rejection = rejectionIn(outcome);
    if (rejection !== null) throw rejectedError(url, rejection);
    return outcome;
  };
  const outcomes = [await send(fewWords), await send(manyWords)];
  const problem = outcomes.find((outcome) => outcome.status !== 'completed')?.message ?? null;
  const [few, many] = outcomes.map((outcome) => (outcome.status === 'completed' ? outcome.promptTokens : null));
  if (few == null || many == null || many <= few) return { scale: assumedScale, problem };
  const perWord = (many - few) / (manyWords - fewWords);
  return { scale: { perWord, overhead: Math.max(0, few - perWord * fewWords) }, problem };
}
