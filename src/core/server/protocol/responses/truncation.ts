import type { ChatMessage } from '../../../engine/engine.js';

/** Ways to shorten a chat. Each is made when it is requested: of a thousand, a search tries ten. */
export interface ShorterChats {
  /** How many there are, 0 or more. */
  readonly count: number;
  /** @param step 1 for the longest, `count` for the shortest */
  readonly chat: (step: number) => readonly ChatMessage[];
}

/**
 * Ways to shorten a chat by leaving out its oldest messages, each shorter than the one before; the chat itself is not one of
 * them.
 *
 * What remains always begins with what the system says, and then with a message of the user, because many templates refuse
 * anything else. So first whole turns are left out, up to the last message of the user; then the calls and results after
 * it, up to the last ones. A result is never left without its call.
 */
export function shorterChats(messages: readonly ChatMessage[]): ShorterChats {
  const start = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  if (start === -1) return { count: 0, chat: () => messages };
  const head = messages.slice(0, start);
  const users = indexesOf(messages, 'user');
  const lastUser = users.at(-1);
  const turns = users.filter((index) => index > start);
  const kept = lastUser === undefined ? head : [...head, ...messages.slice(lastUser, lastUser + 1)];
  const [, ...laterAnswers] = indexesOf(messages, 'assistant').filter((index) => index > (lastUser ?? start));
  return {
    count: turns.length + laterAnswers.length,
    chat: (step) => {
      const turn = turns[step - 1];
      return turn === undefined
        ? [...kept, ...messages.slice(laterAnswers[step - 1 - turns.length])]
        : [...head, ...messages.slice(turn)];
    },
  };
}

function indexesOf(messages: readonly ChatMessage[], wanted: ChatMessage['role']): readonly number[] {
  return messages.flatMap(({ role }, index) => (role === wanted ? [index] : []));
}
