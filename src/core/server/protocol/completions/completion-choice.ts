import type { AnswerPart } from '../../../engine/dialects/answer.js';
import type { OutputLogprob, PromptLogprob } from '../../../engine/token-logprob.js';
import type { AnswerReason } from '../../../inference/request.js';
import type { TextLogprobs } from '../../schemas/shared/logprobs.js';
import type { CallForm } from '../requests/chat-tools.js';
import {
  charactersIn,
  charactersOf,
  chatLogprobs,
  joinedLogprobs,
  logprobsOf,
  promptLogprobs,
  textLogprobs,
} from '../wire-logprobs.js';
import type { HeadEncoder } from './completion-head.js';
import { begunCall, continuedCall, wholeCalls, wireReason } from './wire-calls.js';

/** Which choice of an answer this is. */
export interface ChoicePlace {
  readonly index: number;
  /** Text that comes before the generated one, in text completions: the prompt, if it was asked for; or else empty. */
  readonly echo: string;
  /** Whether the probabilities of its tokens are part of it. */
  readonly logprobs: boolean;
  readonly callForm: CallForm;
}

const afterContent = ',"logprobs":null,"finish_reason":null}]}\n\n';

/**
 * Writes one choice of an answer in the form of OpenAI's completion APIs. The JSON that all chunks share is made once,
 * so that a token costs one small `JSON.stringify` and one concatenation.
 */
export class CompletionChoice {
  readonly #head: HeadEncoder;
  readonly #index: number;
  readonly #echo: string;
  readonly #logprobs: boolean;
  readonly #callForm: CallForm;
  /** Where the next token begins in the text, in characters. */
  #offset = 0;
  readonly #beforeDelta: string;
  readonly #beforeText: string;
  readonly #afterText: string;

  constructor(head: HeadEncoder, { index, echo, logprobs, callForm }: ChoicePlace) {
    this.#head = head;
    this.#index = index;
    this.#echo = echo;
    this.#logprobs = logprobs;
    this.#callForm = callForm;
    const beforeContent = `data: ${head.chunkHead},"choices":[{"index":${index},`;
    this.#beforeDelta = `${beforeContent}"delta":`;
    this.#beforeText = head.type === 'chat' ? `${this.#beforeDelta}{"content":` : `${beforeContent}"text":`;
    this.#afterText = head.type === 'chat' ? `}${afterContent}` : afterContent;
  }

  /** The first chunk of a chat has a role and no text. Text completions have such a chunk only for the prompt. */
  opening(): string {
    if (this.#head.type === 'chat') return this.#beforeDelta + '{"role":"assistant","content":""}' + afterContent;
    // With probabilities, it comes once those of the prompt are known.
    return this.#echo === '' || this.#logprobs ? '' : this.#text(this.#echo);
  }

  parts(parts: readonly AnswerPart[]): string {
    let events = '';
    for (const part of parts) events += this.#event(part);
    return events;
  }

  /** The prompt and these parts have been written already. */
  replay(parts: readonly AnswerPart[]): void {
    if (this.#logprobs) this.#offset = charactersIn(this.#echo);
    this.parts(parts);
  }

  /** The last chunk's choice. */
  last(reason: AnswerReason): object {
    return this.#choice(this.#head.type === 'chat' ? { delta: {} } : { text: '' }, reason);
  }

  whole(parts: readonly AnswerPart[], reason: AnswerReason): object {
    const isChat = this.#head.type === 'chat';
    const content = isChat
      ? { message: wholeMessage(parts, this.#callForm) }
      : { text: this.#echo + textOf(parts, 'content') };
    return this.#choice(content, reason, this.#logprobs ? this.#wholeLogprobs(parts) : null);
  }

  #event(part: AnswerPart): string {
    switch (part.type) {
      // The usual case, once per token.
      case 'content':
        return part.logprobs === undefined ? this.#text(part.text) : this.#ratedText(part.text, part.logprobs);
      case 'prompt':
        return this.#head.chunk([this.#choice({ text: this.#echo }, null, this.#echoed(part.tokens))]);
      case 'reasoning':
        return this.#delta({ reasoning_content: part.text });
      case 'call':
        return this.#delta(begunCall(this.#callForm, part));
      case 'arguments':
        return this.#delta(continuedCall(this.#callForm, part));
    }
  }

  #text(text: string): string {
    return this.#beforeText + JSON.stringify(text) + this.#afterText;
  }

  #ratedText(text: string, tokens: readonly OutputLogprob[]): string {
    const content = this.#head.type === 'chat' ? { delta: { content: text } } : { text };
    const event = this.#head.chunk([this.#choice(content, null, this.#wireLogprobs(tokens))]);
    this.#offset += charactersOf(tokens);
    return event;
  }

  #delta(delta: object): string {
    return this.#head.chunk([this.#choice({ delta }, null)]);
  }

  #choice(content: object, reason: AnswerReason | null, logprobs: object | null = null): object {
    const ending = reason === null ? null : wireReason(this.#callForm, reason);
    return { index: this.#index, ...content, logprobs, finish_reason: ending };
  }

  #wireLogprobs(tokens: readonly OutputLogprob[]): object {
    return this.#head.type === 'chat' ? chatLogprobs(tokens) : textLogprobs(tokens, this.#offset);
  }

  #wholeLogprobs(parts: readonly AnswerPart[]): object {
    const prompt = parts.find((part) => part.type === 'prompt');
    if (prompt === undefined) return this.#wireLogprobs(logprobsOf(parts));
    const echoed = this.#echoed(prompt.tokens);
    return joinedLogprobs(echoed, textLogprobs(logprobsOf(parts), this.#offset));
  }

  /** The timings of the prompt, after which the answer begins. */
  #echoed(tokens: readonly PromptLogprob[]): TextLogprobs {
    this.#offset = charactersIn(this.#echo);
    return promptLogprobs(tokens, this.#echo);
  }
}

function wholeMessage(parts: readonly AnswerPart[], form: CallForm): object {
  const text = textOf(parts, 'content');
  const reasoning = textOf(parts, 'reasoning');
  const calls = wholeCalls(form, parts);
  return {
    role: 'assistant',
    content: calls !== null && text === '' ? null : text,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...calls,
    refusal: null,
  };
}

function textOf(parts: readonly AnswerPart[], type: 'content' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}
