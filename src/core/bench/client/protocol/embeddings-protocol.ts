import { items, member, nonEmpty } from '../../../base/json.js';
import { chatProtocol } from './chat-protocol.js';
import { type Chunk, emptyChunk } from './chunk.js';
import type { Protocol } from './protocol.js';

/** OpenAI's embeddings: vectors, which always arrive as a whole, and whose usage has prompt tokens only. */
export const embeddingsProtocol: Protocol = {
  ...chatProtocol,
  wholeIn,
  spokenInWhole: () => '',
};

function wholeIn(json: unknown): Chunk {
  const { usage, serverTimings, cachedByTimings, executor, error } = chatProtocol.chunkIn(json);
  const hasVector = items(member(json, 'data')).some((entry) => isVector(member(entry, 'embedding')));
  return {
    ...emptyChunk,
    text: hasVector ? 'a vector' : null,
    // Some servers count the tokens of an answer that has none.
    usage: usage === null ? null : { ...usage, outputTokens: null },
    serverTimings,
    cachedByTimings,
    executor,
    error,
    isForeign: !Array.isArray(member(json, 'data')),
  };
}

/** Numbers, or their bytes in base64. */
function isVector(embedding: unknown): boolean {
  return items(embedding).length > 0 || nonEmpty(embedding) !== null;
}
