import type { Logger } from './logger.js';

/** Keeps track of what has been opened, to close it again: the newest first, and all of it, even if something fails. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  /**
   * Registers something that has just been opened.
   *
   * @param close called at most once, and awaited
   * @returns the value
   */
  add<T>(value: T, close: (value: T) => unknown): T {
    this.#closers.push(() => close(value));
    return value;
  }

  /**
   * Closes everything that was registered and is not closed yet.
   *
   * @throws the error of what could not be closed, after everything else is closed
   */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    const [first, ...others] = failures;
    if (failures.length === 0) return;
    if (first instanceof Error && others.length === 0) throw first;
    throw new AggregateError(failures, 'Several parts could not be closed.');
  }
}

/**
 * Opens several things, one after the other. If one of them cannot be opened, those before it are closed, and its error
 * is thrown. Anything that then cannot be closed is logged.
 */
export async function opening<T>(logger: Logger, open: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = new Opened();
  try {
    return await open(opened);
  } catch (error) {
    await opened.close().catch((err: unknown) => {
      logger.error({ err }, 'resources opened before the start failed could not be closed');
    });
    throw error;
  }
}
