import { decodeTokensPerSecond, streamOnce } from './stream-client.js';

export interface DecodeLoad {
  readonly streams: number;
  readonly promptTokens: number;
  /** Output tokens of each stream. */
  readonly tokens: number;
}

/** Decoded tokens per second of several streams of one server, which all begin at the same time. */
export async function decodeRate(url: string, { streams, promptTokens, tokens }: DecodeLoad): Promise<number> {
  const one = (index: number): ReturnType<typeof streamOnce> =>
    streamOnce(`${url}/v1/completions`, {
      // A prompt of its own for each, so that no server can answer from its cache.
      prompt: `${index} `.repeat(promptTokens / 2),
      stream: true,
      max_tokens: tokens,
      ignore_eos: true,
      seed: index,
      temperature: 0.8,
      top_k: 40,
      top_p: 0.95,
      min_p: 0.05,
    });
  return decodeTokensPerSecond(await Promise.all(Array.from({ length: streams }, (_, index) => one(index))));
}
