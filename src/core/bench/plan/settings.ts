import { ChatstreamError } from '../../base/errors.js';
import type { Setting } from '../../measurement/result-schema.js';
import { type SlotsAt, slotWords } from '../../measurement/slots.js';
import type { BenchOptions } from './options.js';

/** The slots of a server whose max-concurrency can be set. */
export interface SettableSlots {
  readonly slots: number;
  readonly slotsAt: SlotsAt;
}

/**
 * Settings can be swept if they can be set on every server, up to the smallest number of slots.
 *
 * @param queues of the servers; null for one whose max-concurrency cannot be set
 * @returns null if they cannot be swept, for example because a server has no slots at the moment
 */
export function commonQueue(queues: readonly (SettableSlots | null)[]): SettableSlots | null {
  const settable = queues.flatMap((queue) => (queue === null || queue.slots === 0 ? [] : queue));
  const [fewest] = settable.toSorted((one, other) => one.slots - other.slots);
  return fewest === undefined || settable.length < queues.length ? null : fewest;
}

/** The settings to measure, and what to tell the user about them. */
export interface PlannedSettings {
  readonly settings: readonly Setting[];
  readonly warnings: readonly string[];
}

/**
 * Combines every load with every server setting. No setting is recommended for several rates, so the server keeps its
 * own for them unless the user says otherwise.
 *
 * @param queue of the target; null if its max-concurrency cannot be set, so the server is measured as it is
 * @throws ChatstreamError `usage` if the server has fewer slots than a setting needs
 */
export function planSettings(
  {
    load,
    maxConcurrency,
    sweepUpTo,
    isSweepGiven = false,
  }: Pick<BenchOptions, 'load' | 'maxConcurrency' | 'sweepUpTo' | 'isSweepGiven'>,
  queue: SettableSlots | null,
): PlannedSettings {
  const loads =
    load.type === 'closed'
      ? load.concurrency.map((concurrency) => ({ concurrency, rate: null, upTo: concurrency }))
      : load.rates.map((rate) => ({ concurrency: null, rate, upTo: sweepUpTo }));
  const unchanged = loads.map(({ concurrency, rate }) => ({ concurrency, rate, max_concurrency: null }));
  if (queue === null) {
    if (maxConcurrency === null) {
      const warning = `--concurrency ${sweepUpTo} has no effect: an open loop has no clients, and the server's max-concurrency cannot be set from here.`;
      return { settings: unchanged, warnings: load.type === 'open' && isSweepGiven ? [warning] : [] };
    }
    const warning =
      "The server's max-concurrency cannot be set from here: it was measured with its own (-n is for chatstream).";
    return { settings: unchanged, warnings: [warning] };
  }
  const areSeveralRates = load.type === 'open' && load.rates.length > 1;
  if (areSeveralRates && maxConcurrency === null && !isSweepGiven) return { settings: unchanged, warnings: [] };
  const words = slotWords(queue.slotsAt);
  const tooMany = maxConcurrency?.find((each) => each > queue.slots);
  if (tooMany !== undefined) {
    throw new ChatstreamError('usage', `--max-concurrency ${tooMany} is more than ${words.all(queue.slots)}.`, {
      hint: `${words.raise(tooMany)}, or measure settings up to ${queue.slots}.`,
    });
  }
  const settings = loads.flatMap(({ concurrency, rate, upTo }) =>
    (maxConcurrency ?? powersOfTwo(Math.min(upTo, queue.slots))).map((each) => ({
      concurrency,
      rate,
      max_concurrency: each,
    })),
  );
  const most = Math.max(...loads.map(({ upTo }) => upTo));
  const warnings =
    maxConcurrency === null && most > queue.slots
      ? [`${words.has(queue.slots)}, so settings above that were not measured. ${words.raise(most)} to measure them.`]
      : [];
  return { settings, warnings };
}

/** 1, 2, 4, … up to `most`, and `most` itself. */
export function powersOfTwo(most: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power < most; power *= 2) powers.push(power);
  return [...powers, most];
}

/** One measurement of a setting. */
export interface PlannedRun {
  readonly setting: Setting;
  /** The number of this repetition of the setting, from 1. */
  readonly trial: number;
}
