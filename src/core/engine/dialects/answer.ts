import type { Tool } from '../output-format.js';
import type { OutputLogprob, PromptLogprob } from '../token-logprob.js';

/** A part of an answer. Consecutive parts of one kind are one text that was cut somewhere. */
export type AnswerPart =
  /** Comes before everything else, if the probabilities of the prompt were asked for. */
  | { readonly type: 'prompt'; readonly tokens: readonly PromptLogprob[] }
  /** With the tokens that wrote it, if their probabilities were requested. */
  | { readonly type: 'content'; readonly text: string; readonly logprobs?: readonly OutputLogprob[] }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A call begins: the first has the index 0. */
  | { readonly type: 'call'; readonly index: number; readonly id: string; readonly name: string }
  /** A piece of the arguments of that call: JSON. */
  | { readonly type: 'arguments'; readonly index: number; readonly text: string };

/** Collects the parts that have become certain since they were last taken. Texts are never empty. */
export class AnswerParts {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly #newId: (index: number, name: string) => string;
  #parts: AnswerPart[] = [];
  #calls = 0;
  /** White space at the end of the content, which is dropped if a call follows. */
  #space = '';
  #isBegun = false;
  #dropsSpace = false;

  constructor(tools: readonly Tool[], newId: (index: number, name: string) => string) {
    this.tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#newId = newId;
  }

  get calls(): number {
    return this.#calls;
  }

  readonly content = (text: string): void => {
    // White space accumulates without being looked at again.
    if (this.tools.size > 0 && text.trimEnd() === '') {
      this.#space += text;
      return;
    }
    let fresh = this.#space + text;
    if (this.#dropsSpace && !this.#isBegun) fresh = fresh.trimStart();
    const end = this.tools.size === 0 ? fresh.length : fresh.trimEnd().length;
    this.#space = fresh.slice(end);
    if (end === 0) return;
    this.#isBegun = true;
    this.#add({ type: 'content', text: fresh.slice(0, end) });
  };

  /** White space before the next content belongs to the marks before it. */
  dropSpace(): void {
    this.#dropsSpace = true;
    this.#isBegun = false;
    this.#space = '';
  }

  readonly reasoning = (text: string): void => {
    if (text !== '') this.#add({ type: 'reasoning', text });
  };

  /** @returns the place for the arguments of the call */
  call(name: string): (text: string) => void {
    const index = this.#calls++;
    this.dropSpace();
    this.#add({ type: 'call', index, id: this.#newId(index, name), name });
    return (text) => {
      if (text !== '') this.#add({ type: 'arguments', index, text });
    };
  }

  /** @param isOver whether no more text follows */
  take(isOver: boolean): readonly AnswerPart[] {
    if (isOver && this.#space !== '' && this.#calls === 0) this.#add({ type: 'content', text: this.#space });
    if (isOver) this.#space = '';
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #add(part: AnswerPart): void {
    addParts(this.#parts, [part]);
  }
}

/** Adds parts to a list in which parts that belong together are one. */
export function addParts(list: AnswerPart[], parts: readonly AnswerPart[]): void {
  for (const part of parts) {
    const last = list.at(-1);
    const merged = last === undefined ? null : mergedParts(last, part);
    if (merged === null) list.push(part);
    else list[list.length - 1] = merged;
  }
}

/**
 * One part instead of two consecutive ones; null if they are of different kinds. Parts with probabilities are not
 * joined, because copying the lists of a long answer for each of its tokens would take quadratic time.
 */
export function mergedParts(first: AnswerPart, second: AnswerPart): AnswerPart | null {
  switch (second.type) {
    case 'content':
      if (first.type !== 'content' || first.logprobs !== undefined || second.logprobs !== undefined) return null;
      return { type: 'content', text: first.text + second.text };
    case 'reasoning':
      return first.type === 'reasoning' ? { type: 'reasoning', text: first.text + second.text } : null;
    case 'arguments': {
      const isSame = first.type === 'arguments' && first.index === second.index;
      return isSame ? { ...second, text: first.text + second.text } : null;
    }
    case 'call':
    case 'prompt':
      return null;
  }
}
