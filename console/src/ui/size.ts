import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** In rem, because everything else is. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How large an element is now; undefined until it has been measured. */
export function useSize(element: RefObject<HTMLElement | null>): ReadonlySignal<Size | undefined> {
  const size = useSignal<Size | undefined>(undefined);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const measure = (): void => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const [width, height] = [current.clientWidth / rem, current.clientHeight / rem];
      const before = size.peek();
      if (before?.width !== width || before.height !== height) size.value = { width, height };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, [element, size]);
  return size;
}
