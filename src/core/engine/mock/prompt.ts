import { inputParam } from '../embedding.js';
import type { ChatMessage, PromptSource, Token } from '../engine.js';
import { detokenize, messageEnd, messageStart, tokenize } from './vocabulary.js';

/**
 * Turns a prompt into tokens. A chat is written like ChatML: `<|im_start|>role\ncontent<|im_end|>\n` for each message,
 * then the beginning of the answer. The marks are tokens of their own, so that no content can imitate them; `developer`
 * becomes `system`, and names are left out, as in ChatML.
 *
 * @throws ChatstreamError `invalid_request` for tokens outside the vocabulary
 */
export function preparePrompt(source: PromptSource): Token[] {
  switch (source.type) {
    case 'chat':
      return chatTokens(source);
    case 'text':
      return tokenize(source.text);
    case 'tokens':
      return checked(source.tokens, 'prompt');
    case 'infill': {
      const { prefix, suffix } = source;
      const before = typeof prefix === 'string' ? tokenize(prefix) : checked(prefix, 'prompt');
      return [...before, ...tokenize(suffix)];
    }
    case 'inputs':
      return inputTokens(source).flat();
  }
}

/** The tokens of each input. @throws ChatstreamError `invalid_request` for tokens outside the vocabulary */
export function inputTokens({ inputs }: Extract<PromptSource, { type: 'inputs' }>): Token[][] {
  return inputs.map((input, index) =>
    typeof input === 'string' ? tokenize(input) : checked(input, inputParam(index, inputs.length)),
  );
}

/** @throws ChatstreamError `invalid_request` about the parameter for tokens outside the vocabulary */
function checked(tokens: readonly Token[], param: string): Token[] {
  detokenize(tokens, param);
  return [...tokens];
}

function chatTokens({ messages, ending = 'answer' }: Extract<PromptSource, { type: 'chat' }>): Token[] {
  const tokens = messages.flatMap(messageTokens);
  switch (ending) {
    case 'answer':
      return [...tokens, messageStart, ...tokenize('assistant\n')];
    case 'continue':
      return tokens.slice(0, tokens.lastIndexOf(messageEnd));
    case 'none':
      return tokens;
  }
}

function messageTokens({ role, content }: ChatMessage): Token[] {
  const shown = role === 'developer' ? 'system' : role;
  return [messageStart, ...tokenize(`${shown}\n${content}`), messageEnd, ...tokenize('\n')];
}

/** The text that an echo of this prompt repeats: the last user message, else the last message, else the whole text. */
export function lastMessage(prompt: readonly Token[]): string {
  const messages = messagesOf(prompt);
  const last = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  return last === undefined ? detokenize(prompt) : last.content;
}

/** Whether the last message is the result of a call, so that no other call is needed. */
export function isAnswered(prompt: readonly Token[]): boolean {
  return messagesOf(prompt).at(-1)?.role === 'tool';
}

interface ReadMessage {
  readonly role: string;
  readonly content: string;
}

function messagesOf(prompt: readonly Token[]): ReadMessage[] {
  const messages: ReadMessage[] = [];
  for (let start = prompt.indexOf(messageStart); start !== -1; start = prompt.indexOf(messageStart, start + 1)) {
    const end = prompt.indexOf(messageEnd, start);
    if (end === -1) break; // The beginning of the answer.
    const text = detokenize(prompt.slice(start + 1, end));
    const lineEnd = text.indexOf('\n');
    messages.push({ role: text.slice(0, lineEnd), content: text.slice(lineEnd + 1) });
  }
  return messages;
}
