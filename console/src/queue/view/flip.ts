import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

const durationMs = 480;
const easing = 'cubic-bezier(0.2, 0.7, 0.2, 1)';
/** More elements than that are not animated. */
const mostMoving = 200;
/** Where more change lists at once, the eye can follow none of them: they fade in where they are now. */
const mostFar = 6;
const farPx = 160;

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Lets elements that have moved glide from where they were, also into another list: those below `root` with a `data-flip`
 * that names the same thing before and after. New ones fade in. (FLIP: first, last, invert, play.)
 * @param signature - Differs whenever elements may have come, gone or moved.
 */
export function useFlip(root: RefObject<HTMLElement | null>, signature: string): void {
  const first = useRef<{ signature: string; rects: ReadonlyMap<string, DOMRect> }>({ signature, rects: new Map() });
  const playing = useRef(new Map<string, Animation>());
  // While a component is drawn, the document still shows what was there before.
  if (first.current.signature !== signature) {
    first.current = { signature, rects: reducedMotion.matches ? new Map() : rectsBelow(root.current) };
  }

  useLayoutEffect(() => {
    const { rects } = first.current;
    if (rects.size === 0 || reducedMotion.matches || document.hidden) return;
    for (const animation of playing.current.values()) animation.cancel();
    playing.current.clear();
    const elements = [...flippedBelow(root.current)].slice(0, mostMoving);
    // Reads first, then writes: alternating would lay the page out anew for every element.
    const lasts = elements.map((element) => element.getBoundingClientRect());
    const moves = elements.map((element, index) => moveFrom(rects.get(element.dataset['flip'] ?? ''), lasts[index]));
    const fadesFar = moves.filter(isFar).length > mostFar;
    for (const [index, element] of elements.entries()) {
      const id = element.dataset['flip'] ?? '';
      const frames = framesFor(moves[index], fadesFar);
      if (frames !== undefined) playing.current.set(id, element.animate(frames, { duration: durationMs, easing }));
    }
  }, [root, signature]);
}

type Move = { readonly type: 'new' | 'still' } | { readonly type: 'moved'; readonly x: number; readonly y: number };

function moveFrom(first: DOMRect | undefined, last: DOMRect | undefined): Move {
  if (first === undefined || last === undefined) return { type: 'new' };
  const x = first.left - last.left;
  const y = first.top - last.top;
  return Math.abs(x) < 1 && Math.abs(y) < 1 ? { type: 'still' } : { type: 'moved', x, y };
}

function isFar(move: Move): boolean {
  return move.type === 'moved' && Math.hypot(move.x, move.y) > farPx;
}

function framesFor(move: Move | undefined, fadesFar: boolean): Keyframe[] | undefined {
  switch (move?.type) {
    case undefined:
    case 'still':
      return undefined;
    case 'new':
      return [{ opacity: 0 }, { opacity: 1 }];
    case 'moved':
      if (fadesFar && isFar(move)) return [{ opacity: 0 }, { opacity: 1 }];
      return [{ transform: `translate(${move.x}px, ${move.y}px)` }, { transform: 'none' }];
  }
}

function rectsBelow(root: HTMLElement | null): ReadonlyMap<string, DOMRect> {
  return new Map(
    [...flippedBelow(root)].map((element) => [element.dataset['flip'] ?? '', element.getBoundingClientRect()]),
  );
}

function flippedBelow(root: HTMLElement | null): Iterable<HTMLElement> {
  return root?.querySelectorAll<HTMLElement>('[data-flip]') ?? [];
}
