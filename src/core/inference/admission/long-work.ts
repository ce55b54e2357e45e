import type { ChatMessage, PromptSource } from '../../engine/engine.js';
import type { InferenceRequest } from '../request.js';

/** Characters or tokens up to which a text is short: the tokenizer reads so much at a stretch. */
const shortLength = 16_384;

/** Messages up to which a chat is short: a template takes up to 0.1 ms for each, several times. */
const fewMessages = 64;

/** Whether so many characters or tokens take long to be translated. */
export function isLongText({ length }: string | readonly number[]): boolean {
  return length > shortLength;
}

/** Whether it may take long to prepare a request: because of its prompt, or because its format has to be compiled. */
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

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
