/** Where a request's time went, as the last chunk of a stream and every whole answer carry it. Milliseconds, tokens. */
export interface WireTimings {
  readonly queue_ms: number;
  readonly prefill_ms: number;
  readonly decode_ms: number;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly output_tokens: number;
}

export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

export function usageOf(timings: WireTimings): WireUsage {
  return {
    prompt_tokens: timings.prompt_tokens,
    completion_tokens: timings.output_tokens,
    total_tokens: timings.prompt_tokens + timings.output_tokens,
    prompt_tokens_details: { cached_tokens: timings.cached_tokens },
  };
}

/** What all chunks and the whole answer of one request share. */
export interface AnswerHead {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
}

/** The two ways to ask, and how each wraps the same text. */
export type AnswerKind = 'chat' | 'completion';

/** A whole answer, not streamed. */
export function wholeAnswer(
  kind: AnswerKind,
  head: AnswerHead,
  text: string,
  finishReason: string,
  timings: WireTimings,
): object {
  const rest = { logprobs: null, finish_reason: finishReason };
  const choice =
    kind === 'chat'
      ? { index: 0, message: { role: 'assistant', content: text, refusal: null }, ...rest }
      : { index: 0, text, ...rest };
  const object = kind === 'chat' ? 'chat.completion' : 'text_completion';
  const { id, created, model } = head;
  return { id, object, created, model, choices: [choice], usage: usageOf(timings), timings };
}
