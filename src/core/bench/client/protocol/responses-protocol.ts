import { amount, items, member, nonEmpty } from '../../../base/json.js';
import { type Chunk, emptyChunk, type Usage } from './chunk.js';
import { firstOf } from './first-of.js';
import type { Protocol } from './protocol.js';
import { oneLine, type ServerError, serverErrorIn } from './server-error.js';
import { serverTimingsIn } from './server-timings.js';

/** OpenAI's Responses API: events with names, the last of which has the whole response. */
export const responsesProtocol: Protocol = {
  name: 'the Responses API',
  end: 'response.completed',
  chunkIn,
  spokenIn: (json) => (member(json, 'type') === 'response.output_text.delta' ? nonEmpty(member(json, 'delta')) : null),
  wholeIn: (json) => ({ ...endOf(json), text: textIn(json), isForeign: member(json, 'output') === undefined }),
  spokenInWhole: (json) => items(member(json, 'output')).map(spokenOf).join(''),
};

function chunkIn(json: unknown): Chunk {
  const type = nonEmpty(member(json, 'type'));
  switch (type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
    case 'response.function_call_arguments.delta':
      return { ...emptyChunk, text: nonEmpty(member(json, 'delta')) };
    // OpenAI shows only a summary of its models' reasoning; open models show all of it.
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta': {
      const text = nonEmpty(member(json, 'delta'));
      return { ...emptyChunk, text, hasReasoning: text !== null };
    }
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
    case 'response.cancelled':
      return endOf(member(json, 'response'));
    case 'error':
      return { ...emptyChunk, error: serverErrorIn(json) ?? errorIn(json) };
    case null: {
      const error = serverErrorIn(json);
      return { ...emptyChunk, error, isForeign: error === null };
    }
    default:
      return emptyChunk;
  }
}

/** What a response contains when it has ended. */
function endOf(response: unknown): Chunk {
  const status = nonEmpty(member(response, 'status'));
  const reason = nonEmpty(member(member(response, 'incomplete_details'), 'reason'));
  const error = member(response, 'error') ?? null;
  const timings = member(response, 'timings');
  return {
    ...emptyChunk,
    finishReason: status === 'completed' ? 'stop' : (reason ?? status),
    usage: usageIn(member(response, 'usage')),
    serverTimings: serverTimingsIn(response),
    cachedByTimings: amount(member(timings, 'cache_n')),
    executor: nonEmpty(member(timings, 'executor')),
    error: error === null ? null : (serverErrorIn(response) ?? errorIn(error)),
    isEnd: true,
  };
}

function usageIn(usage: unknown): Usage | null {
  const promptTokens = amount(member(usage, 'input_tokens'));
  const outputTokens = amount(member(usage, 'output_tokens'));
  if (promptTokens === null && outputTokens === null) return null;
  return {
    promptTokens,
    outputTokens,
    cachedTokens: amount(member(member(usage, 'input_tokens_details'), 'cached_tokens')),
    reasoningTokens: amount(member(member(usage, 'output_tokens_details'), 'reasoning_tokens')),
  };
}

/** Such as `{"code": "rate_limit_exceeded", "message": "…"}`. */
function errorIn(fields: unknown): ServerError {
  const message = nonEmpty(member(fields, 'message')) ?? JSON.stringify(fields);
  return { code: nonEmpty(member(fields, 'code')), type: null, status: null, message: oneLine(message) };
}

/** The first text of a whole response: of a message, thoughts or a call. */
function textIn(response: unknown): string | null {
  return firstOf(
    items(member(response, 'output')),
    (item) =>
      nonEmpty(spokenOf(item)) ??
      nonEmpty(member(item, 'arguments')) ??
      firstOf([...items(member(item, 'content')), ...items(member(item, 'summary'))], partText),
  );
}

function partText(part: unknown): string | null {
  return nonEmpty(member(part, 'text')) ?? nonEmpty(member(part, 'refusal'));
}

function spokenOf(item: unknown): string {
  if (member(item, 'type') !== 'message') return '';
  return items(member(item, 'content'))
    .map((part) => nonEmpty(member(part, 'text')) ?? '')
    .join('');
}
