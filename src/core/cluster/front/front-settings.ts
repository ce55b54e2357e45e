import { ChatstreamError } from '../../base/errors.js';
import { payloadBytesFor } from '../../bus/bucket.js';
import type { FairOptions } from '../../scheduler/fair-line.js';
import type { SchedulerOptions } from '../../scheduler/scheduler.js';
import { encodeLongEntry, leastBytesOf } from '../entries.js';
import type { SettingsEntry } from '../messages.js';

type Settings = Omit<SettingsEntry, 'version'>;

/**
 * The limits of a line that can be changed while it is in use. `maxConcurrency` is null for as many places as the nodes
 * have.
 */
export type LineLimits = Pick<Settings, 'maxConcurrency' | 'maxQueue'>;

/** Limits that are changed later may have more digits. */
const slackBytes = 256;

/** The settings with which a front was started. */
export class FrontSettings {
  /** Null for as many as the nodes have places. */
  readonly maxConcurrency: number | null;
  readonly maxQueue: number;
  readonly #settings: Settings;

  constructor(options: SchedulerOptions, maxConcurrency: number | null) {
    const { maxQueue, queueTimeoutMs, maxQueuedTokens = null, ttftTargetMs = null, fair } = options;
    this.maxConcurrency = maxConcurrency;
    this.maxQueue = maxQueue;
    this.#settings = {
      ...{ maxConcurrency, maxQueue, queueTimeoutMs, maxQueuedTokens, ttftTargetMs },
      ...{ policy: fair?.policy ?? 'fifo', classPatienceMs: fair?.classPatienceMs ?? 0 },
      keys: fair === undefined ? null : keysOf(fair),
    };
  }

  /**
   * @param mostBytes `Bucket.maxValueBytes`
   * @param keys the current settings of keys, if the configuration file has been read again
   * @throws ChatstreamError `usage` if there are more keys than NATS can store the terms of
   */
  assertFits(mostBytes: number, keys?: readonly [FairOptions['terms'], FairOptions['classReserves']?]): void {
    const settings = keys === undefined ? this.#settings : withKeys(this.#settings, ...keys);
    if (encodeLongEntry(settings, mostBytes - slackBytes) !== null) return;
    const bytes = leastBytesOf(settings);
    const enough = payloadBytesFor(bytes + slackBytes);
    throw new ChatstreamError(
      'usage',
      `The terms of ${settings.keys?.terms.length ?? 0} keys are too long for NATS: ${bytes} bytes, compressed, and it takes messages ` +
        `of ${payloadBytesFor(mostBytes)} bytes.`,
      {
        hint: `Raise max_payload in the configuration of nats-server to ${enough} or more, or use fewer keys or shorter names.`,
      },
    );
  }

  /**
   * The limits stay as they were last set; what only the command line and the configuration file can set is this
   * front's.
   */
  under(current: Settings | null): Settings {
    if (current === null) return this.#settings;
    return { ...this.#settings, maxConcurrency: current.maxConcurrency, maxQueue: current.maxQueue };
  }
}

export function withLimits(settings: Settings, limits: Partial<LineLimits>): Settings {
  return { ...settings, ...limits };
}

export function withKeys(
  settings: Settings,
  terms: FairOptions['terms'],
  classReserves: FairOptions['classReserves'] = new Map(),
): Settings {
  return { ...settings, keys: keysOf({ terms, classReserves }) };
}

function keysOf({ terms, classReserves = new Map() }: Pick<FairOptions, 'terms' | 'classReserves'>): Settings['keys'] {
  return { terms: [...terms], classReserves: [...classReserves] };
}
