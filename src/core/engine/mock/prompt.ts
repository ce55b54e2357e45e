import type { ChatMessage, PromptSource, Token } from '../engine.js';
import { detokenize, messageEnd, messageStart, tokenize } from './vocabulary.js';

/**
 * A prompt as tokens. A chat is written like ChatML: `<|im_start|>role\ncontent<|im_end|>\n` per message, then the
 * opening of the answer. The marks are tokens of their own, so that no content can imitate them; `developer` reads
 * `system`, and names are left out, as ChatML does.
 *
 * @throws ChatstreamError `invalid_request` for tokens outside the vocabulary
 */
export function preparePrompt(source: PromptSource): Token[] {
  switch (source.kind) {
    case 'chat':
      return [...source.messages.flatMap(messageTokens), messageStart, ...tokenize('assistant\n')];
    case 'text':
      return tokenize(source.text);
    case 'tokens':
      detokenize(source.tokens);
      return [...source.tokens];
  }
}

function messageTokens({ role, content }: ChatMessage): Token[] {
  const shown = role === 'developer' ? 'system' : role;
  return [messageStart, ...tokenize(`${shown}\n${content}`), messageEnd, ...tokenize('\n')];
}

/** What a reply to this prompt repeats: the last user message; without one, the last message; of a text, all of it. */
export function lastMessage(prompt: readonly Token[]): string {
  const messages = messagesOf(prompt);
  const last = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  return last === undefined ? detokenize(prompt) : last.content;
}

interface ReadMessage {
  readonly role: string;
  readonly content: string;
}

function messagesOf(prompt: readonly Token[]): ReadMessage[] {
  const messages: ReadMessage[] = [];
  for (let start = prompt.indexOf(messageStart); start !== -1; start = prompt.indexOf(messageStart, start + 1)) {
    const end = prompt.indexOf(messageEnd, start);
    if (end === -1) break; // The answer's opening.
    const text = detokenize(prompt.slice(start + 1, end));
    const lineEnd = text.indexOf('\n');
    messages.push({ role: text.slice(0, lineEnd), content: text.slice(lineEnd + 1) });
  }
  return messages;
}
