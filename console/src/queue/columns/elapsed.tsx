import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { duration } from '../../ui/format.js';
import { now } from '../../ui/now.js';

/** The time since a moment on the server's clock. It continues by itself, without drawing anything around it. */
export function Elapsed({ sinceMs }: { readonly sinceMs: number }): JSX.Element {
  // The signal that is passed on is made once; the moment may change between two draws.
  const text = useComputed(() => duration(now.value - sinceMs));
  return <span class="figure">{text}</span>;
}
