import { amount, items, member, nonEmpty } from '../../../base/json.js';
import { type Chunk, emptyChunk, type Usage } from './chunk.js';
import { firstOf } from './first-of.js';
import type { Protocol } from './protocol.js';
import { serverErrorIn } from './server-error.js';
import { serverTimingsIn } from './server-timings.js';

/** Anthropic's Messages API: blocks, each with deltas of its own kind. */
export const messagesProtocol: Protocol = {
  name: 'the Messages API',
  end: 'message_stop',
  chunkIn,
  spokenIn: (json) => nonEmpty(member(member(json, 'delta'), 'text')),
  wholeIn: (json) => ({
    ...endOf(json, member(json, 'stop_reason')),
    text: firstOf(items(member(json, 'content')), blockText),
    error: serverErrorIn(json),
    isForeign: !Array.isArray(member(json, 'content')),
  }),
  spokenInWhole: (json) =>
    items(member(json, 'content'))
      .map((block) => nonEmpty(member(block, 'text')) ?? '')
      .join(''),
};

function chunkIn(json: unknown): Chunk {
  const type = nonEmpty(member(json, 'type'));
  switch (type) {
    case 'content_block_delta':
      return deltaIn(member(json, 'delta'));
    case 'message_start':
      return { ...emptyChunk, usage: usageIn(member(member(json, 'message'), 'usage')) };
    case 'message_delta':
      return endOf(json, member(member(json, 'delta'), 'stop_reason'));
    case 'message_stop':
      return { ...emptyChunk, isEnd: true };
    case null: {
      const error = serverErrorIn(json);
      return { ...emptyChunk, error, isForeign: error === null };
    }
    case 'error':
      return { ...emptyChunk, error: serverErrorIn(json) };
    default:
      return emptyChunk;
  }
}

/** Text, thoughts, or a piece of the input of a tool. A person would not see a signature. */
function deltaIn(delta: unknown): Chunk {
  const spoken = nonEmpty(member(delta, 'text')) ?? nonEmpty(member(delta, 'partial_json'));
  if (spoken !== null) return { ...emptyChunk, text: spoken };
  const thought = nonEmpty(member(delta, 'thinking'));
  return { ...emptyChunk, text: thought, hasReasoning: thought !== null };
}

/** @param message with the usage, and chatstream's timings */
function endOf(message: unknown, stopReason: unknown): Chunk {
  const timings = member(message, 'timings');
  return {
    ...emptyChunk,
    finishReason: nonEmpty(stopReason),
    usage: usageIn(member(message, 'usage')),
    serverTimings: serverTimingsIn(message),
    cachedByTimings: amount(member(timings, 'cache_n')),
    executor: nonEmpty(member(timings, 'executor')),
  };
}

/** Anthropic's `input_tokens` are those that were neither read from the cache nor written to it. */
function usageIn(usage: unknown): Usage | null {
  const uncached = amount(member(usage, 'input_tokens'));
  const outputTokens = amount(member(usage, 'output_tokens'));
  if (uncached === null && outputTokens === null) return null;
  const cachedTokens = amount(member(usage, 'cache_read_input_tokens'));
  const written = amount(member(usage, 'cache_creation_input_tokens'));
  return {
    promptTokens: uncached === null ? null : uncached + (cachedTokens ?? 0) + (written ?? 0),
    outputTokens,
    cachedTokens,
    reasoningTokens: null,
  };
}

function blockText(block: unknown): string | null {
  const input = member(block, 'input');
  return (
    nonEmpty(member(block, 'text')) ??
    nonEmpty(member(block, 'thinking')) ??
    (input === undefined ? null : JSON.stringify(input))
  );
}
