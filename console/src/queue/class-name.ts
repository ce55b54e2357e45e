import { knownClasses } from './lines.js';
import type { queueWords } from './words.js';

/** What a class is called on the page; the server's name for one that the page does not know. */
export function className(words: ReturnType<typeof queueWords>, trafficClass: string): string {
  const name = knownClasses.find((name) => name === trafficClass);
  return name === undefined ? trafficClass : words[name];
}
