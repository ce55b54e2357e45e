import type { Limit } from './limits.js';
import type { queueWords } from './words.js';

/** What a limit is called. */
export function limitText(words: ReturnType<typeof queueWords>, { name, model }: Limit): string {
  const text = name === 'max_queue' ? words.limitWaiting : words.limitRunning;
  return model === null ? text : words.limitOf(text, model);
}
