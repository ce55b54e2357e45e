import type { JSX } from 'preact';
import { queueWords } from './words.js';

export function QueueView(): JSX.Element {
  const words = queueWords();
  return <h1>{words.title}</h1>;
}
