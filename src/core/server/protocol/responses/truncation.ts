import type { ChatMessage } from '../../../engine/engine.js';

/**
 * Ways to shorten a chat by leaving out its oldest messages, each shorter than the one before; the chat itself is not one of
 * them.
 *
 * What remains always begins with what the system says, and then with a message of the user, because many templates refuse
 * anything else. So first whole turns are left out, up to the last message of the user; then the calls and results after
 * it, up to the last ones. A result is never left without its call.
 */
export function shorterChats(messages: readonly ChatMessage[]): readonly (readonly ChatMessage[])[] {
  const start = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  if (start === -1) return [];
  const head = messages.slice(0, start);
  const users = indexesOf(messages, 'user');
  const lastUser = users.at(-1);
  const shorter = users.filter((index) => index > start).map((index) => [...head, ...messages.slice(index)]);
  const kept = lastUser === undefined ? head : [...head, ...messages.slice(lastUser, lastUser + 1)];
  const answers = indexesOf(messages, 'assistant').filter((index) => index > (lastUser ?? start));
  const [first] = answers;
  const later = answers.filter((index) => index !== first);
  return [...shorter, ...later.map((index) => [...kept, ...messages.slice(index)])];
}

function indexesOf(messages: readonly ChatMessage[], wanted: ChatMessage['role']): readonly number[] {
  return messages.flatMap(({ role }, index) => (role === wanted ? [index] : []));
}
