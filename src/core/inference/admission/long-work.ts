import type { ChatMessage, PromptSource } from '../../engine/engine.js';
import type { InferenceRequest } from '../request.js';

/** Characters or tokens up to which a text is short: the tokenizer reads this many without a break. */
const shortLength = 16_384;

/** Messages up to which a chat is short: a template takes up to 0.1 ms for each, several times. */
const fewMessages = 64;

/** Whether this many characters or tokens take long to translate. */
export function isLongText({ length }: string | readonly number[]): boolean {
  return length > shortLength;
}

/** Messages, inputs or tokens up to which it takes a moment to write a prompt for the engine. */
const quicklyWritten = 1000;
const quicklyWrittenTokens = 65_536;

/** Whether it takes some time to write this many tokens as JSON, or to read them. */
export function areManyTokens({ length }: readonly number[]): boolean {
  return length > quicklyWrittenTokens;
}

/**
 * Whether a prompt has so many parts that writing it for the engine takes some time, in addition to creating it: the
 * event loop should get its turn in between. Texts are written quickly, however long they are.
 */
export function hasManyParts(source: PromptSource): boolean {
  switch (source.type) {
    case 'text':
      return false;
    case 'tokens':
      return areManyTokens(source.tokens);
    case 'infill':
      return typeof source.prefix !== 'string' && areManyTokens(source.prefix);
    case 'inputs':
      return source.inputs.length > quicklyWritten || lengthOf(source.inputs) > quicklyWrittenTokens;
    case 'chat': {
      const { messages } = source;
      return messages.length > quicklyWritten || lengthOf(messages.map(callsOf)) > quicklyWritten;
    }
  }
}

/** Whether preparing a request may take long, because of its prompt, or because its format has to be compiled. */
export function isLongWork({ source, format }: Pick<InferenceRequest, 'source' | 'format'>): boolean {
  return !['text', 'json_object', 'compiled'].includes(format.type) || isLongSource(source);
}

function isLongSource(source: PromptSource): boolean {
  switch (source.type) {
    case 'text':
      return isLongText(source.text);
    case 'tokens':
      return isLongText(source.tokens);
    case 'infill':
      return source.prefix.length + source.suffix.length > shortLength;
    case 'inputs':
      return source.inputs.length > fewMessages || lengthOf(source.inputs) > shortLength;
    case 'chat': {
      const { messages, tools, documents, arguments: given } = source;
      const isPlain = tools === undefined && documents === undefined && given === undefined;
      if (!isPlain || messages.length > fewMessages) return true;
      return (
        messages.some((message) => message.tool_calls !== undefined) || lengthOf(messages.map(textOf)) > shortLength
      );
    }
  }
}

function textOf({ content, reasoning_content: thought = '' }: ChatMessage): { readonly length: number } {
  return { length: content.length + thought.length };
}

function callsOf({ tool_calls: calls = [] }: ChatMessage): { readonly length: number } {
  return calls;
}

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
