import { ChatstreamError } from '../../base/errors.js';
import { mixSeeds } from '../../base/random.js';
import type { Setting } from '../../measurement/result-schema.js';
import { slotWords } from '../../measurement/slots.js';
import type { BenchOptions, FindMaxOptions } from './options.js';
import type { PlannedSettings, SettableSlots } from './settings.js';

/**
 * The setting at which a search begins. All that it measures differ from it only in their load.
 *
 * @param queue of the target; null if its max-concurrency cannot be set
 * @throws ChatstreamError `usage` for a max-concurrency that the server cannot have
 */
export function searchedSettings(
  search: FindMaxOptions,
  { load, maxConcurrency }: Pick<BenchOptions, 'load' | 'maxConcurrency'>,
  queue: SettableSlots | null,
): PlannedSettings {
  const [wanted = null] = maxConcurrency ?? [];
  if (queue === null && (search.by === 'max-concurrency' || wanted !== null)) {
    throw new ChatstreamError('usage', "The server's max-concurrency cannot be set from here.", {
      hint: 'That works with chatstream servers. Search --by rate or --by concurrency, without --max-concurrency.',
    });
  }
  if (queue !== null && wanted !== null && wanted > queue.slots) {
    const words = slotWords(queue.slotsAt);
    throw new ChatstreamError('usage', `--max-concurrency ${wanted} is more than ${words.all(queue.slots)}.`, {
      hint: `${words.raise(wanted)}, or lower it.`,
    });
  }
  const closed = load.type === 'closed' ? (load.concurrency[0] ?? 1) : null;
  const open = load.type === 'open' ? (load.rates[0] ?? 1) : null;
  const setting = { concurrency: closed, rate: open, max_concurrency: wanted };
  return { settings: [searchedSetting(setting, search, search.start)], warnings: [] };
}

/** A setting with another load. */
export function searchedSetting(setting: Setting, { by }: FindMaxOptions, load: number): Setting {
  switch (by) {
    case 'rate':
      return { ...setting, concurrency: null, rate: load };
    case 'concurrency':
      return { ...setting, concurrency: load, rate: null };
    case 'max-concurrency':
      return { ...setting, max_concurrency: load };
  }
}

/**
 * Decides when requests are due in a measurement of a search. Loads must not share their luck: a burst common to all of
 * them would move the limit.
 *
 * @param look which measurement at this load it is, from 1
 */
export function searchArrivalSeed(seed: number, look: number, load: number): number {
  return mixSeeds(seed, look, Math.round(load * 1000));
}
