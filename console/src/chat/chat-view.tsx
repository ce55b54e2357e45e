import type { JSX } from 'preact';
import { chatWords } from './words.js';

export function ChatView(): JSX.Element {
  const words = chatWords();
  return (
    <>
      <h1>{words.title}</h1>
      <p class="quiet">{words.soon}</p>
    </>
  );
}
