import { type AnswerHead, type AnswerKind, usageOf, type WireTimings } from './openai.js';
import { sseData, sseDone } from './sse.js';

/**
 * Writes one request's answer as OpenAI's stream of chunks. What all chunks have in common is turned into JSON once, so
 * that a token costs one small `JSON.stringify` and one concatenation.
 */
export class ChunkEncoder {
  readonly #kind: AnswerKind;
  /** Everything up to the choices. */
  readonly #head: string;
  readonly #beforeText: string;
  readonly #afterText: string;

  constructor(kind: AnswerKind, { id, created, model }: AnswerHead) {
    this.#kind = kind;
    const object = kind === 'chat' ? 'chat.completion.chunk' : 'text_completion';
    this.#head = JSON.stringify({ id, object, created, model }).slice(0, -1);
    const content = kind === 'chat' ? '"delta":{"content":' : '"text":';
    this.#beforeText = `data: ${this.#head},"choices":[{"index":0,${content}`;
    this.#afterText = `${kind === 'chat' ? '}' : ''},"logprobs":null,"finish_reason":null}]}\n\n`;
  }

  /** The first chunk of a chat: a role and no text. Completions have none. */
  opening(): string {
    if (this.#kind === 'completion') return '';
    return this.#chunk([{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }]);
  }

  text(text: string): string {
    return this.#beforeText + JSON.stringify(text) + this.#afterText;
  }

  /** The rest of the stream: why it ended, the usage if it was asked for, the timings in the last of them, and the mark. */
  closing(finishReason: string, timings: WireTimings, includeUsage: boolean): string {
    const content = this.#kind === 'chat' ? { delta: {} } : { text: '' };
    const choices = [{ index: 0, ...content, logprobs: null, finish_reason: finishReason }];
    if (!includeUsage) return this.#chunk(choices, { timings }) + sseDone;
    return this.#chunk(choices) + this.#chunk([], { usage: usageOf(timings), timings }) + sseDone;
  }

  #chunk(choices: readonly object[], extra: object = {}): string {
    return sseData(`${this.#head},${JSON.stringify({ choices, ...extra }).slice(1)}`);
  }
}
