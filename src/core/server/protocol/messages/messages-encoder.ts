import type { ChatstreamError } from '../../../base/errors.js';
import { isRecord } from '../../../base/json.js';
import type { AnswerPart } from '../../../engine/dialects/answer.js';
import { type AnswerReason, answerTokens, type PromptCounts, type Timings } from '../../../inference/request.js';
import { type AnswerEncoder, sseEvent } from '../answer-encoder.js';
import { wireTimings } from '../wire-timings.js';
import { messagesErrorBody } from './messages-errors.js';

/** The parts of a request that its answer repeats. */
export interface MessageHead {
  readonly id: string;
  readonly model: string;
  /** For errors within a stream. */
  readonly requestId: string;
  /** The limit of output tokens, which distinguishes it from the end of the context. */
  readonly maxTokens: number;
  /** Those of the client. An answer may also end at one of the model. */
  readonly stopSequences: readonly string[];
  /** Whether the client wants to read thoughts. */
  readonly showsThoughts: boolean;
}

type BlockType = 'text' | 'thinking' | 'tool_use';

/**
 * Writes one answer as Anthropic's Messages API does. A stream is a message that begins and ends, and in it blocks, one
 * after another:
 *
 *     message_start ─▶ { content_block_start ─▶ content_block_delta … ─▶ content_block_stop } … ─▶ message_delta ─▶ message_stop
 *
 * Anthropic sends a `ping` after the beginning of the first block, and clients may wait for it.
 */
export class MessagesEncoder implements AnswerEncoder {
  readonly #head: MessageHead;
  /** The block that is being written. */
  #open: BlockType | null = null;
  #index = -1;
  /** A delta of the open block up to its text. The deltas of a block differ in nothing else. */
  #beforeText = '';

  constructor(head: MessageHead) {
    this.#head = head;
  }

  opening({ promptTokens, cachedTokens }: PromptCounts): string {
    const usage = wholeUsage({ promptTokens, cachedTokens, outputTokens: 0, reasoningTokens: 0 });
    const message = { ...this.#message([]), stop_reason: null, stop_sequence: null, usage };
    return sseEvent('message_start', { message });
  }

  parts(parts: readonly AnswerPart[]): string {
    let events = '';
    for (const part of parts) events += this.#events(part);
    return events;
  }

  replay(parts: readonly AnswerPart[]): void {
    this.parts(parts);
  }

  #events(part: AnswerPart): string {
    switch (part.type) {
      // The usual case, once per token.
      case 'content':
        return this.#enter('text') + this.#delta(part.text);
      case 'reasoning':
        return this.#enter('thinking') + (this.#head.showsThoughts ? this.#delta(part.text) : '');
      case 'call':
        return this.#leave() + this.#begin('tool_use', toolUse(part, {}));
      case 'arguments':
        return this.#delta(part.text);
      // Only of completions.
      case 'prompt':
        return '';
    }
  }

  closing(reason: AnswerReason, timings: Timings, stop: string | null): string {
    const delta = { container: null, stop_details: null, ...this.#stopped(reason, timings, stop) };
    const end = { delta, usage: usageOf(timings), timings: wireTimings(timings) };
    return this.#leave() + sseEvent('message_delta', end) + sseEvent('message_stop', {});
  }

  failure(error: ChatstreamError): string {
    return sseEvent('error', messagesErrorBody(error, this.#head.requestId));
  }

  whole(parts: readonly AnswerPart[], reason: AnswerReason, timings: Timings, stop: string | null): object {
    return {
      ...this.#message(parts.flatMap((part) => this.#block(part, parts))),
      ...this.#stopped(reason, timings, stop),
      usage: wholeUsage(timings),
      timings: wireTimings(timings),
    };
  }

  #message(content: readonly object[]): object {
    const { id, model } = this.#head;
    const none = { container: null, diagnostics: null, stop_details: null };
    return { id, type: 'message', role: 'assistant', model, content, ...none };
  }

  #block(part: AnswerPart, all: readonly AnswerPart[]): readonly object[] {
    switch (part.type) {
      case 'content':
        return [textualBlock('text', part.text)];
      case 'reasoning':
        return [textualBlock('thinking', this.#head.showsThoughts ? part.text : '')];
      case 'call':
        return [toolUse(part, inputOf(part.index, all))];
      case 'arguments':
      case 'prompt':
        return [];
    }
  }

  /** Anthropic reports more about an end than OpenAI: which stop string it was, and which of the two limits. */
  #stopped(reason: AnswerReason, timings: Timings, stop: string | null): object {
    if (reason === 'length') {
      const isAtLimit = answerTokens(timings) >= this.#head.maxTokens;
      return { stop_reason: isAtLimit ? 'max_tokens' : 'model_context_window_exceeded', stop_sequence: null };
    }
    if (stop !== null && this.#head.stopSequences.includes(stop)) {
      return { stop_reason: 'stop_sequence', stop_sequence: stop };
    }
    return { stop_reason: reason === 'tool_calls' ? 'tool_use' : 'end_turn', stop_sequence: null };
  }

  #enter(type: 'text' | 'thinking'): string {
    return this.#open === type ? '' : this.#leave() + this.#begin(type, textualBlock(type, ''));
  }

  #begin(type: BlockType, block: object): string {
    this.#open = type;
    this.#index += 1;
    const { delta, text } = deltas[type];
    const head = `"type":"content_block_delta","index":${this.#index}`;
    this.#beforeText = `event: content_block_delta\ndata: {${head},"delta":{"type":"${delta}","${text}":`;
    const begun = sseEvent('content_block_start', { index: this.#index, content_block: block });
    return this.#index === 0 ? begun + sseEvent('ping', {}) : begun;
  }

  #delta(text: string): string {
    return `${this.#beforeText}${JSON.stringify(text)}}}\n\n`;
  }

  #leave(): string {
    if (this.#open === null) return '';
    const isThought = this.#open === 'thinking';
    this.#open = null;
    const index = this.#index;
    const delta = { type: 'signature_delta', signature: '' };
    const signature = isThought ? sseEvent('content_block_delta', { index, delta }) : '';
    return signature + sseEvent('content_block_stop', { index });
  }
}

const deltas: Readonly<Record<BlockType, { readonly delta: string; readonly text: string }>> = {
  text: { delta: 'text_delta', text: 'text' },
  thinking: { delta: 'thinking_delta', text: 'thinking' },
  tool_use: { delta: 'input_json_delta', text: 'partial_json' },
};

function textualBlock(type: 'text' | 'thinking', text: string): object {
  // The published type of citations is a list or null, but the AI SDK takes only a list.
  if (type === 'text') return { type, text, citations: [] };
  // A signature proves to Anthropic's servers that a thought is theirs. Here, any thought may be sent back.
  return { type, thinking: text, signature: '' };
}

function toolUse({ id, name }: Extract<AnswerPart, { type: 'call' }>, input: object): object {
  // Identifiers that a family of models writes itself must come back as they are.
  return { type: 'tool_use', id: id.replace(/^call_/, 'toolu_'), name, input, caller: { type: 'direct' } };
}

/** An answer that ended in the middle of a call has arguments that are not JSON. */
function inputOf(call: number, parts: readonly AnswerPart[]): object {
  const text = parts.map((part) => (part.type === 'arguments' && part.index === call ? part.text : '')).join('');
  try {
    const input: unknown = JSON.parse(text);
    return isRecord(input) ? input : {};
  } catch {
    return {};
  }
}

type Counts = Omit<Timings, 'queueMs' | 'prefillMs' | 'decodeMs'>;

/** Unlike in OpenAI's API, cached tokens are not part of the input tokens. */
function usageOf({ promptTokens, cachedTokens, reasoningTokens, ...output }: Counts): object {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: answerTokens(output),
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  };
}

function wholeUsage(counts: Counts): object {
  return {
    ...usageOf(counts),
    cache_creation: null,
    inference_geo: null,
    service_tier: 'standard',
    speed: null,
  };
}
