import type { JSX } from 'preact';
import { chatWords } from './words.js';

interface WaitingProps {
  readonly position: number;
  readonly etaMs: number | null;
}

/** Places that are drawn; those beyond are only counted. */
const drawn = 16;

/** The place in the queue: one mark for each request up to this one, which is the last and filled. */
export function WaitingView({ position, etaMs }: WaitingProps): JSX.Element {
  const words = chatWords();
  const marks = Math.min(position, drawn);
  return (
    <div class="chat-waiting">
      <span class="chat-places" aria-hidden="true">
        {Array.from({ length: marks }, (_, index) => (
          <span key={marks - index} class={index === marks - 1 ? 'chat-place-own' : undefined} />
        ))}
      </span>
      <span>{words.place(position)}</span>
      {etaMs !== null && <span class="chat-eta figure">{words.eta(etaMs)}</span>}
    </div>
  );
}
