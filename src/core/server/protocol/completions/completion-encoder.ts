import type { ChatstreamError } from '../../../base/errors.js';
import type { AnswerPart } from '../../../engine/dialects/answer.js';
import { type AnswerReason, answerTokens, type Timings } from '../../../inference/request.js';
import { type AnswerEncoder, type ChoicesEncoder, type GeneratedChoice, sseData } from '../answer-encoder.js';
import { errorBody } from '../http-errors.js';
import type { CallForm } from '../requests/chat-tools.js';
import { bestChoices } from './choices.js';
import { type ChoicePlace, CompletionChoice } from './completion-choice.js';
import { type AnswerHead, type CompletionType, done, HeadEncoder } from './completion-head.js';

/** Writes one request's answer as OpenAI's completion APIs do. */
export class CompletionEncoder implements AnswerEncoder {
  readonly #head: HeadEncoder;
  readonly #choice: CompletionChoice;

  /**
   * @param includeUsage whether a stream ends with a chunk of token counts
   */
  constructor(
    type: CompletionType,
    head: AnswerHead,
    includeUsage: boolean,
    { echo = '', logprobs = false, callForm = 'tool_calls' }: Partial<Omit<ChoicePlace, 'index'>> = {},
  ) {
    this.#head = new HeadEncoder(type, head, includeUsage);
    this.#choice = new CompletionChoice(this.#head, { index: 0, echo, logprobs, callForm });
  }

  opening(): string {
    return this.#choice.opening();
  }

  parts(parts: readonly AnswerPart[]): string {
    return this.#choice.parts(parts);
  }

  replay(parts: readonly AnswerPart[]): void {
    this.#choice.replay(parts);
  }

  /** The finish reason, the usage if it was asked for, and the end mark. The last chunk carries the timings. */
  closing(reason: AnswerReason, timings: Timings): string {
    return this.#head.closing(this.#choice.last(reason), timings);
  }

  failure(error: ChatstreamError): string {
    return failureEvents(error);
  }

  whole(parts: readonly AnswerPart[], reason: AnswerReason, timings: Timings): object {
    return this.#head.whole([this.#choice.whole(parts, reason)], timings);
  }
}

export interface ChoicesOptions {
  /** One for each choice of the answer: see `ChoicePlace`. */
  readonly echoes: readonly string[];
  readonly logprobs: boolean;
  readonly callForm: CallForm;
  /** Number of generations for each prompt, which follow each other. */
  readonly perPrompt: number;
  /** How many of them are choices of the answer: the best. Fewer only in answers that are not streamed. */
  readonly kept: number;
}

/** Writes several generations as the choices of one answer, as OpenAI's completion APIs do. */
export class CompletionChoicesEncoder implements ChoicesEncoder {
  readonly #head: HeadEncoder;
  readonly #choices: readonly CompletionChoice[];
  readonly #perPrompt: number;
  readonly #kept: number;

  constructor(
    type: CompletionType,
    head: AnswerHead,
    includeUsage: boolean,
    { echoes, logprobs, callForm, perPrompt, kept }: ChoicesOptions,
  ) {
    this.#head = new HeadEncoder(type, head, includeUsage);
    this.#choices = echoes.map((echo, index) => new CompletionChoice(this.#head, { index, echo, logprobs, callForm }));
    this.#perPrompt = perPrompt;
    this.#kept = kept;
  }

  opening(choice: number): string {
    return this.#choices[choice]?.opening() ?? '';
  }

  parts(choice: number, parts: readonly AnswerPart[]): string {
    return this.#choices[choice]?.parts(parts) ?? '';
  }

  replay(choice: number, parts: readonly AnswerPart[]): void {
    this.#choices[choice]?.replay(parts);
  }

  ended(choice: number, reason: AnswerReason): string {
    return this.#head.chunk([this.#last(choice, reason)]);
  }

  closing(choice: number, reason: AnswerReason, timings: readonly Timings[]): string {
    return this.#head.closing(this.#last(choice, reason), this.#together(timings));
  }

  failure(error: ChatstreamError): string {
    return failureEvents(error);
  }

  whole(generated: readonly GeneratedChoice[]): object {
    const best = bestChoices(generated, this.#perPrompt, this.#kept);
    const choices = best.map(({ parts, reason }, index) => this.#choices[index]?.whole(parts, reason) ?? {});
    return this.#head.whole(choices, this.#together(generated.map(({ timings }) => timings)));
  }

  #last(choice: number, reason: AnswerReason): object {
    return this.#choices[choice]?.last(reason) ?? {};
  }

  /** Tokens of all generations, but each prompt once; the longest times. */
  #together(timings: readonly Timings[]): Timings {
    const pausedMs = Math.max(...timings.map((each) => each.pausedMs ?? 0));
    const firsts = timings.filter((_, index) => index % this.#perPrompt === 0);
    return {
      queueMs: Math.max(...timings.map(({ queueMs }) => queueMs)),
      prefillMs: Math.max(...timings.map(({ prefillMs }) => prefillMs)),
      decodeMs: Math.max(...timings.map(({ decodeMs }) => decodeMs)),
      promptTokens: sum(firsts.map(({ promptTokens }) => promptTokens)),
      cachedTokens: sum(firsts.map(({ cachedTokens }) => cachedTokens)),
      outputTokens: sum(timings.map(answerTokens)),
      reasoningTokens: sum(timings.map(({ reasoningTokens }) => reasoningTokens)),
      ...(pausedMs > 0 && { pausedMs }),
    };
  }
}

function failureEvents(error: ChatstreamError): string {
  return sseData(JSON.stringify(errorBody(error))) + done;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
