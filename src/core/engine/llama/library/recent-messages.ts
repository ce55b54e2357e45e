import { setTimeout as delay } from 'node:timers/promises';
import type { EngineLog } from './library.js';
import { messageDelayMs } from './load-errors.js';

/** Number of llama.cpp's messages that are kept, enough to contain the reason for a failure. */
const kept = 20;

/** llama.cpp's latest messages: it only throws that something has failed, and logs the reason. */
export class RecentMessages {
  /** Stores a message, and passes it on. */
  readonly log: EngineLog;
  readonly #messages: string[] = [];

  /** @param log gets all messages */
  constructor(log: EngineLog) {
    this.log = (level, message) => {
      this.#messages.push(message);
      if (this.#messages.length > kept) this.#messages.shift();
      log(level, message);
    };
  }

  /** @throws the error that `explain` makes of the thrown one, and of the messages up to then */
  async explaining<T>(
    attempt: () => Promise<T>,
    explain: (error: unknown, logged: readonly string[]) => Error,
  ): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      await delay(messageDelayMs);
      throw explain(error, this.#messages);
    }
  }
}
