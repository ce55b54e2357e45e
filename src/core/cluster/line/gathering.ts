import type { Clock } from '../../base/clock.js';
import type { Members } from '../members.js';
import type { frontEntry } from '../messages.js';

export interface GatheringOptions {
  readonly fronts: Members<typeof frontEntry>;
  /** Whether a front has said which requests it has. */
  readonly hasSaid: (front: string) => boolean;
  readonly clock: Clock;
  /** Called once: the line can begin. */
  readonly onComplete: () => void;
}

/**
 * How long to wait for fronts, in milliseconds, and for those that were heard recently, because a message to the line
 * may have to be repeated.
 */
const usualMs = 1000;
const longestMs = 5000;

/**
 * A front that has announced itself within this time, in milliseconds, is considered alive: it does so every second, and two
 * announcements in a row may be lost. A former holder has usually been silent for longer.
 */
const lateMs = 3100;

/** If no front at all was heard for this long, in milliseconds, it is this process that hears nobody, and all may be alive. */
const deafMs = 2100;

const lookMs = 250;

/**
 * Waits until the fronts have told a new holder which requests they have: before that, it does not know whose turn it
 * is.
 */
export class Gathering {
  readonly #options: GatheringOptions;
  readonly #begunMs: number;
  readonly #unsubscribe: () => void;
  #cancelTimer: () => void;
  #isOver = false;

  constructor(options: GatheringOptions) {
    const { clock, fronts } = options;
    this.#options = options;
    this.#begunMs = clock.now();
    this.#unsubscribe = fronts.changes(() => {
      this.check();
    });
    this.#cancelTimer = clock.schedule(usualMs, () => {
      this.#look();
    });
  }

  /** Something has changed: a front has come, has gone, or has said which requests it has. */
  check(): void {
    const known = [...this.#options.fronts.all.keys()];
    if (known.length > 0 && known.every((id) => this.#options.hasSaid(id))) this.#complete();
  }

  stop(): void {
    this.#isOver = true;
    this.#unsubscribe();
    this.#cancelTimer();
  }

  #look(): void {
    const { clock, fronts, hasSaid } = this.#options;
    const nowMs = clock.now();
    const silences = [...fronts.all.keys()].map((id) => ({ id, silentMs: nowMs - fronts.heardMs(id) }));
    const isDeaf = silences.every(({ silentMs }) => silentMs >= deafMs);
    const isMissing = silences.some(({ id, silentMs }) => !hasSaid(id) && (isDeaf || silentMs < lateMs));
    if (!isMissing || nowMs - this.#begunMs >= longestMs) {
      this.#complete();
      return;
    }
    this.#cancelTimer = clock.schedule(lookMs, () => {
      this.#look();
    });
  }

  #complete(): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.onComplete();
  }
}
