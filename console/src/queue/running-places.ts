import { capacityOf } from './capacity.js';
import { type Area, arrange, type Layout } from './places.js';
import type { QueueState, Running } from './queue-state.js';

/** With more slots than that, those above the limit are not drawn. */
const mostClosed = 64;
/** In rem; where the page scrolls. */
const heightOnNarrow = { each: 9.5, most: 44 };

/** What is drawn at one of the processing queue's places. */
type Place =
  | { readonly kind: 'running'; readonly entry: Running }
  /** `closed`: above the limit. */
  | { readonly kind: 'free' | 'closed'; readonly place: number };

export interface RunningPlaces {
  readonly layout: Layout;
  readonly places: readonly Place[];
  /** How many requests run besides those that are drawn. */
  readonly more: number;
}

/**
 * Which places of the processing queue are drawn, and how large.
 *
 * If the server does not list all that run, it is not known which of the other places are free: then the last card stands for
 * all that are not listed.
 *
 * @param area - Where they are drawn; undefined until it has been measured.
 * @param isWide - Whether the columns stand side by side, each as high as the window.
 */
export function runningPlaces({ status, running }: QueueState, area: Area | undefined, isWide: boolean): RunningPlaces {
  const { maxConcurrency, slots } = capacityOf(status);
  const afterLast = (running.at(-1)?.place ?? -1) + 1;
  const isWhole = running.length === status.running_count;
  const open = isWide && slots <= mostClosed ? slots : maxConcurrency;
  const known = status.lists === 'own' ? afterLast : Math.max(open, afterLast);
  const cards = isWhole ? known : afterLast + 1;
  const height = isWide ? (area?.height ?? 0) : Math.min(heightOnNarrow.each * cards, heightOnNarrow.most);
  const layout = arrange(cards, area?.width ?? 0, height);
  // The last card says how many more there are.
  const isCut = layout.shown < cards || !isWhole;
  const shown = isCut ? Math.min(layout.shown - 1, isWhole ? cards : afterLast) : cards;
  const byPlace = new Map(running.map((entry) => [entry.place, entry]));
  return {
    layout,
    places: Array.from({ length: shown }, (_, place): Place => {
      const entry = byPlace.get(place);
      if (entry !== undefined) return { kind: 'running', entry };
      return { kind: place >= maxConcurrency ? 'closed' : 'free', place };
    }),
    more: status.running_count - running.filter(({ place }) => place < shown).length,
  };
}
