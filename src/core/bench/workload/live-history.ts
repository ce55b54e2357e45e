import type { ChatMessage, Turn } from './turn.js';

/** The messages of a conversation so far, with the server's own answers. */
export class LiveHistory {
  readonly #said: ChatMessage[] = [];

  /** The turn as it is sent: with everything that was said before it, if it is part of a live conversation. */
  completed(turn: Turn): Turn {
    return turn.live !== true || this.#said.length === 0
      ? turn
      : { ...turn, messages: [...this.#said, ...turn.messages] };
  }

  /**
   * Records the server's answer.
   *
   * @param answer the text that a person would see; empty if there was only reasoning, which is not sent back
   */
  answered({ live, messages }: Turn, answer: string): void {
    if (live === true) this.#said.push(...messages, { role: 'assistant', content: answer });
  }
}
