import type { ChatstreamError } from '../../base/errors.js';
import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerReason, Timings } from '../../inference/request.js';
import { type AnswerEncoder, sseData } from './answer-encoder.js';
import { errorBody } from './http-errors.js';

/** OpenAI's two completion APIs, which wrap the same text differently. */
export type CompletionType = 'chat' | 'text';

/** What all chunks and the whole answer of one request share. */
export interface AnswerHead {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
  /** Answers with the same one come from the same model and program. */
  readonly fingerprint: string;
  /** What the request said of it; null if it said nothing. */
  readonly serviceTier: string | null;
}

/** The end of every stream of OpenAI's completion APIs. */
const done = sseData('[DONE]');

/**
 * Writes one request's answer as OpenAI's completion APIs do. The JSON that all chunks share is made once, so that a token
 * costs one small `JSON.stringify` and one concatenation.
 */
export class CompletionEncoder implements AnswerEncoder {
  readonly #type: CompletionType;
  readonly #includeUsage: boolean;
  /** What the whole answer begins with. */
  readonly #head: object;
  /** Each chunk up to its choices. */
  readonly #chunkHead: string;
  readonly #beforeText: string;
  readonly #afterText: string;

  /** @param includeUsage whether a stream ends with a chunk of token counts */
  constructor(type: CompletionType, head: AnswerHead, includeUsage: boolean) {
    this.#type = type;
    this.#head = wireHead(head, type === 'chat' ? 'chat.completion' : 'text_completion');
    this.#includeUsage = includeUsage;
    const object = type === 'chat' ? 'chat.completion.chunk' : 'text_completion';
    this.#chunkHead = JSON.stringify(wireHead(head, object)).slice(0, -1);
    const content = type === 'chat' ? '"delta":{"content":' : '"text":';
    this.#beforeText = `data: ${this.#chunkHead},"choices":[{"index":0,${content}`;
    this.#afterText = `${type === 'chat' ? '}' : ''},"logprobs":null,"finish_reason":null}]}\n\n`;
  }

  /** The first chunk of a chat has a role and no text. Text completions have no such chunk. */
  opening(): string {
    if (this.#type === 'text') return '';
    return this.#chunk([{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }]);
  }

  parts(parts: readonly AnswerPart[]): string {
    let events = '';
    for (const part of parts) events += this.#event(part);
    return events;
  }

  #event(part: AnswerPart): string {
    switch (part.type) {
      // The usual case, once per token.
      case 'content':
        return this.#beforeText + JSON.stringify(part.text) + this.#afterText;
      case 'reasoning':
        return this.#delta({ reasoning_content: part.text });
      case 'call': {
        const { index, id, name } = part;
        return this.#delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
      }
      case 'arguments': {
        const { index, text } = part;
        return this.#delta({ tool_calls: [{ index, function: { arguments: text } }] });
      }
    }
  }

  /** The finish reason, the usage if it was asked for, and the end mark. The last chunk carries the timings. */
  closing(reason: AnswerReason, timings: Timings): string {
    const content = this.#type === 'chat' ? { delta: {} } : { text: '' };
    const choices = [{ index: 0, ...content, logprobs: null, finish_reason: reason }];
    const last = { timings: wireTimings(timings) };
    if (!this.#includeUsage) return this.#chunk(choices, last) + done;
    return this.#chunk(choices) + this.#chunk([], { usage: usageOf(timings), ...last }) + done;
  }

  failure(error: ChatstreamError): string {
    return sseData(JSON.stringify(errorBody(error))) + done;
  }

  whole(parts: readonly AnswerPart[], reason: AnswerReason, timings: Timings): object {
    const isChat = this.#type === 'chat';
    const content = isChat ? { message: wholeMessage(parts) } : { text: textOf(parts, 'content') };
    return {
      ...this.#head,
      choices: [{ index: 0, ...content, logprobs: null, finish_reason: reason }],
      usage: usageOf(timings),
      timings: wireTimings(timings),
    };
  }

  #delta(delta: object): string {
    return this.#chunk([{ index: 0, delta, logprobs: null, finish_reason: null }]);
  }

  #chunk(choices: readonly object[], extra: object = {}): string {
    return sseData(`${this.#chunkHead},${JSON.stringify({ choices, ...extra }).slice(1)}`);
  }
}

function wireHead({ id, created, model, fingerprint, serviceTier }: AnswerHead, object: string): object {
  return {
    id,
    object,
    created,
    model,
    system_fingerprint: fingerprint,
    ...(serviceTier !== null && { service_tier: serviceTier }),
  };
}

function wholeMessage(parts: readonly AnswerPart[]): object {
  const text = textOf(parts, 'content');
  const reasoning = textOf(parts, 'reasoning');
  const calls = parts.flatMap((part) => (part.type === 'call' ? [wholeCall(part, parts)] : []));
  return {
    role: 'assistant',
    content: calls.length > 0 && text === '' ? null : text,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    refusal: null,
  };
}

function wholeCall({ index, id, name }: Extract<AnswerPart, { type: 'call' }>, parts: readonly AnswerPart[]): object {
  const pieces = parts.flatMap((part) => (part.type === 'arguments' && part.index === index ? [part.text] : []));
  return { id, type: 'function', function: { name, arguments: pieces.join('') } };
}

function textOf(parts: readonly AnswerPart[], type: 'content' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

function usageOf({ promptTokens, cachedTokens, outputTokens, reasoningTokens }: Timings): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

/** Milliseconds to the microsecond, the precision of the clock. */
function wireTimings(timings: Timings): object {
  return {
    queue_ms: toMicrosecond(timings.queueMs),
    prefill_ms: toMicrosecond(timings.prefillMs),
    decode_ms: toMicrosecond(timings.decodeMs),
    prompt_tokens: timings.promptTokens,
    cached_tokens: timings.cachedTokens,
    output_tokens: timings.outputTokens,
    ...(timings.reasoningTokens > 0 && { reasoning_tokens: timings.reasoningTokens }),
  };
}

function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
