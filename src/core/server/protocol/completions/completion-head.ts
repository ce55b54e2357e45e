import { answerTokens, type Timings } from '../../../inference/request.js';
import { sseData } from '../answer-encoder.js';
import { wireTimings } from '../wire-timings.js';

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

const chunkObjects = { chat: 'chat.completion.chunk', text: 'text_completion' } as const;
const wholeObjects = { chat: 'chat.completion', text: 'text_completion' } as const;

/** The end of every stream of OpenAI's completion APIs. */
export const done = sseData('[DONE]');

/** Writes what all chunks of an answer have in common, or the whole answer. */
export class HeadEncoder {
  readonly type: CompletionType;
  /** A chunk up to its choices. */
  readonly chunkHead: string;
  readonly #head: AnswerHead;
  readonly #includeUsage: boolean;

  /** @param includeUsage whether a stream ends with a chunk of token counts */
  constructor(type: CompletionType, head: AnswerHead, includeUsage: boolean) {
    this.type = type;
    this.#head = head;
    this.#includeUsage = includeUsage;
    this.chunkHead = JSON.stringify(wireHead(head, chunkObjects[type])).slice(0, -1);
  }

  chunk(choices: readonly object[], extra: object = {}): string {
    return sseData(`${this.chunkHead},${JSON.stringify({ choices, ...extra }).slice(1)}`);
  }

  /** The usage if it was asked for, and the end mark. The last chunk carries the timings. @param last the last choice */
  closing(last: object, timings: Timings): string {
    const atTheEnd = { timings: wireTimings(timings) };
    if (!this.#includeUsage) return this.chunk([last], atTheEnd) + done;
    return this.chunk([last]) + this.chunk([], { usage: usageOf(timings), ...atTheEnd }) + done;
  }

  whole(choices: readonly object[], timings: Timings): object {
    const head = wireHead(this.#head, wholeObjects[this.type]);
    return { ...head, choices, usage: usageOf(timings), timings: wireTimings(timings) };
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

function usageOf(timings: Timings): object {
  const { promptTokens, cachedTokens, reasoningTokens } = timings;
  const completionTokens = answerTokens(timings);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}
