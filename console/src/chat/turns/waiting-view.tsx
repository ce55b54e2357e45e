import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { chatWords } from '../words.js';

interface WaitingProps {
  readonly position: number;
  readonly etaMs: number | null;
}

/** Places that are drawn; those beyond are only counted. */
const drawn = 16;

/** The place in the queue: one mark for each request up to this one, which is the last and filled. */
export function WaitingView({ position, etaMs }: WaitingProps): JSX.Element {
  const words = chatWords();
  const leftMs = useCountdown(position, etaMs);
  const marks = Math.min(position, drawn);
  return (
    <div class="chat-waiting">
      <span class="chat-places" aria-hidden="true">
        {Array.from({ length: marks }, (_, index) => (
          <span key={marks - index} class={index === marks - 1 ? 'chat-place-own' : undefined} />
        ))}
      </span>
      <span>{words.place(position)}</span>
      {leftMs !== null && <span class="chat-eta figure">{leftMs > 0 ? words.eta(leftMs) : words.soon}</span>}
    </div>
  );
}

/** The server estimates again only when the place changes, or after 10 s. Between, the estimate is counted down. */
function useCountdown(position: number, etaMs: number | null): number | null {
  const leftMs = useSignal(etaMs);
  useEffect(() => {
    leftMs.value = etaMs;
    if (etaMs === null) return undefined;
    const startedAtMs = Date.now();
    const timer = setInterval(() => {
      leftMs.value = Math.max(etaMs - (Date.now() - startedAtMs), 0);
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, [position, etaMs, leftMs]);
  return leftMs.value;
}
