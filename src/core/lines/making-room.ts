import type { Loadable, LoadableModel, LoaderOptions } from './loadable-model.js';

/** Whether a model may be loaded beside those that take memory already. */
export function roomIn(
  occupying: readonly Loadable<LoadableModel>[],
  wanted: Loadable<LoadableModel>,
  { maxLoaded, memoryBytes }: LoaderOptions,
): boolean {
  if (occupying.length === 0) return true;
  if (occupying.length >= maxLoaded || wanted.needsAll) return false;
  return occupying.reduce((sum, { model }) => sum + model.bytes, wanted.model.bytes) <= memoryBytes;
}

/**
 * The loaded models that have to go for another one: those not in use, the least recently used first, then those in use
 * that may be made to yield, the one that has served longest first. No more than are needed.
 *
 * @returns empty if there is room, or will be once what is being unloaded is gone; null if too many are in use for now
 */
export function victimsFor<M extends LoadableModel>(
  wanted: Loadable<M>,
  entries: readonly Loadable<M>[],
  options: LoaderOptions,
  nowMs: number,
): readonly Loadable<M>[] | null {
  let staying = entries.filter(({ state: { status } }) => status === 'loading' || status === 'loaded');
  const victims: Loadable<M>[] = [];
  const candidates = [
    ...sortedBy(staying, ({ state }) => (state.status === 'loaded' ? state.idleSinceMs : null)),
    ...sortedBy(staying, (entry) => (mayYield(entry, wanted, nowMs) ? servingSinceMs(entry) : null)),
  ];
  for (const candidate of candidates) {
    if (roomIn(staying, wanted, options)) return victims;
    victims.push(candidate);
    staying = staying.filter((entry) => entry !== candidate);
  }
  return roomIn(staying, wanted, options) ? victims : null;
}

/** Whether a model in use has served for long enough, and its own requests have waited no longer than that of the other. */
function mayYield({ state, model }: Loadable<LoadableModel>, wanted: Loadable<LoadableModel>, nowMs: number): boolean {
  if (state.status !== 'loaded' || state.idleSinceMs !== null) return false;
  const served = nowMs - state.sinceMs;
  const since = model.use.waitingSinceMs;
  const wantedSince = wanted.model.use.waitingSinceMs;
  // Timers may fire a little early.
  if (served < model.expectedLoadMs + wanted.model.expectedLoadMs - 0.5) return false;
  return wantedSince !== null && (since === null || since >= wantedSince);
}

function servingSinceMs({ state }: Loadable<LoadableModel>): number | null {
  return state.status === 'loaded' ? state.sinceMs : null;
}

/** The numbers that are known, the smallest first. */
function sortedBy<T>(items: readonly T[], number: (item: T) => number | null): readonly T[] {
  const numbered = items.flatMap((item) => {
    const value = number(item);
    return value === null ? [] : [{ item, value }];
  });
  return numbered.sort((a, b) => a.value - b.value).map(({ item }) => item);
}
