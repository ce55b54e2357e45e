import type { ChatMessage } from '../../engine.js';

/**
 * Lengths of the chats whose difference is measured. They end with the user; the shorter one already shows whether they
 * take turns.
 */
const [few, many] = [3, 35];

/**
 * The minimum number of tokens that a chat template puts around each message of the user and of the assistant, measured
 * with short messages. Templates may join messages of one role, so chats with and without turns are measured.
 *
 * @param tokensOf the number of tokens of a chat; rejects if the template refuses it
 * @returns 0 or more; 0 if the template refuses all of these chats
 */
export async function tokensAroundMessage(
  tokensOf: (messages: readonly ChatMessage[]) => Promise<number>,
): Promise<number> {
  const costs: number[] = [];
  for (const takesTurns of [true, false]) {
    const chat = (length: number): ChatMessage[] =>
      Array.from({ length }, (_, index) => ({
        role: takesTurns && index % 2 === 1 ? 'assistant' : 'user',
        content: 'a',
      }));
    try {
      const added = (await tokensOf(chat(many))) - (await tokensOf(chat(few)));
      costs.push(added / (many - few) - 1);
    } catch {
      // Some templates insist on turns.
    }
  }
  return costs.length === 0 ? 0 : Math.max(0, Math.floor(Math.min(...costs)));
}
