import type { CancelTimer, Clock } from '../base/clock.js';
import type { Bucket, Entry } from '../bus/bucket.js';
import { decodeEntry, encodeEntry } from './entries.js';
import { type LeaseEntry, leaseEntry } from './messages.js';

export interface LeaseOptions {
  readonly bucket: Bucket;
  readonly key: string;
  /** The process that wants to hold it. */
  readonly peer: string;
  readonly clock: Clock;
  /**
   * Where numbers begin if the bucket has been lost with the storage of NATS: above any that was given out before.
   * Seconds since 1970 are, because a lease changes less often than once a second.
   */
  readonly firstNumber: () => number;
  /**
   * The head start of other candidates, in milliseconds, 0 or more: the candidate with the lowest value gets a free
   * lease first.
   */
  readonly patienceMs: number;
  /** Text for people who read the entry. */
  readonly describe: () => { readonly running: number; readonly waiting: number };
  /** Awaited before the lease is requested, so that the process that gains it can begin at once. Must not reject. */
  readonly prepare: () => Promise<void>;
  /** From now on, this process holds it. */
  readonly onGained: (number: number) => void;
  /** It may no longer hold the lease. */
  readonly onLost: () => void;
}

const tickMs = 250;

/** In milliseconds. */
const renewMs = 1000;
/** After this time without an answer, a renewal is sent once more: one lost message does not cost the lease. */
const askAgainMs = 500;
/** After this time without a renewal, a holder no longer relies on the lease. */
const trustedMs = 2500;
/**
 * After this time without a renewal, another process takes it. Longer than {@link trustedMs}, so that by then its
 * holder usually no longer relies on it.
 */
const staleMs = 3000;

/**
 * A process that holds the lease under another schema version keeps it, unless NATS has answered this often, at
 * intervals in milliseconds, that it was not renewed: then no member of that version is left that would have taken it
 * over.
 */
const foreignChecks = 3;
const foreignCheckMs = 5000;

interface Held {
  readonly number: number;
  /** Time of its last known renewal. */
  revision: number;
  /** Not later than that renewal. */
  renewedMs: number;
  /** When a renewal was last requested. */
  askedMs: number;
  /** When the first renewal was requested that may have been made since the last known one; null if there is none. */
  unansweredMs: number | null;
}

interface Seen {
  readonly revision: number;
  readonly value: LeaseEntry;
  readonly sinceMs: number;
}

/** A lease that a member of another version has, or had. */
interface Foreign {
  readonly revision: number;
  /** When NATS was last asked for it. */
  readonly askedMs: number;
  /** How often the answer was that it was not renewed. */
  readonly checks: number;
}

/**
 * A candidate for a lease in a bucket: one candidate at a time holds it, and renews it every second by compare-and-set.
 * If it stops doing so, another one takes it. Clocks are only used for durations. It cannot be ruled out that two
 * candidates believe for a moment that they hold it, which is why the lease has a number that increases with every
 * holder.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #stopWatching: () => void;
  #cancelTick: CancelTimer = () => undefined;
  #seen: Seen | null = null;
  #foreign: Foreign | null = null;
  #highest = 0;
  #held: Held | null = null;
  #isAsking = false;
  #isOver = false;
  /** Before the first look at the bucket, nothing is known about other holders. */
  readonly #sinceMs: number;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
    this.#stopWatching = options.bucket.watch(options.key, (event) => {
      if (event.type === 'put') this.#see(event.entry);
      else this.#seen = this.#foreign = null;
    });
    this.#tick();
  }

  /** The number under which it is held; null if it is not. */
  get number(): number | null {
    return this.#held?.number ?? null;
  }

  /** Gives it up, so that another candidate takes it at once. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#isOver = true;
    this.#held = null;
    this.#cancelTick();
    this.#stopWatching();
    if (held === null) return;
    const { bucket, key } = this.#options;
    const free = encodeEntry({ holder: null, number: held.number, running: 0, waiting: 0 });
    await bucket.update(key, free, held.revision).catch(() => null);
  }

  #see({ value, revision }: Entry): void {
    const read = decodeEntry(leaseEntry, value);
    if (read.type === 'foreign') this.#seeForeign(revision);
    // An entry that is repeated after a lost connection is not new.
    if (read.type !== 'entry' || revision === this.#seen?.revision) return;
    this.#foreign = null;
    this.#highest = Math.max(this.#highest, read.value.number);
    this.#seen = { revision, value: read.value, sinceMs: this.#options.clock.now() };
    const held = this.#held;
    if (held === null) {
      if (read.value.holder === null && this.#options.patienceMs === 0) void this.#try();
    } else if (read.value.number > held.number) this.#lose();
    else if (this.#isOwn(held, read.value)) renewed(held, revision);
  }

  /** Two versions do not share a line. */
  #seeForeign(revision: number): void {
    if (revision === this.#foreign?.revision) return;
    const held = this.#held;
    if (held !== null && revision < held.revision) return;
    this.#foreign = { revision, askedMs: this.#options.clock.now(), checks: 0 };
    this.#seen = null;
    if (held !== null) this.#lose();
  }

  async #checkForeign(foreign: Foreign, nowMs: number): Promise<void> {
    const { bucket, key } = this.#options;
    if (nowMs - foreign.askedMs < foreignCheckMs) return;
    const asked: Foreign = { ...foreign, askedMs: nowMs };
    this.#foreign = asked;
    try {
      const entry = await bucket.get(key);
      if (this.#foreign !== asked) return;
      if (entry?.revision === asked.revision) this.#foreign = { ...asked, checks: asked.checks + 1 };
      else if (entry === null) this.#foreign = null;
      else this.#see(entry);
    } catch {
      // NATS is unreachable, and may be so for the other version, too.
    }
  }

  #tick(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    const held = this.#held;
    const foreign = this.#foreign;
    if (held !== null) this.#keep(held, nowMs);
    else if (foreign !== null && foreign.checks < foreignChecks) void this.#checkForeign(foreign, nowMs);
    else if (nowMs - (this.#seen?.sinceMs ?? this.#sinceMs) >= this.#waitMs) void this.#try();
    this.#cancelTick = clock.schedule(tickMs, () => {
      this.#tick();
    });
  }

  /** How long the bucket must have been unchanged before this process tries to take the lease. */
  get #waitMs(): number {
    const { patienceMs } = this.#options;
    if (this.#seen === null) return tickMs + patienceMs;
    return this.#seen.value.holder === null ? patienceMs : staleMs + patienceMs;
  }

  #keep(held: Held, nowMs: number): void {
    if (nowMs - held.renewedMs >= trustedMs) this.#lose();
    else if (nowMs - held.renewedMs >= renewMs && nowMs - held.askedMs >= askAgainMs) void this.#renew(held);
  }

  async #renew(held: Held): Promise<void> {
    const { bucket, key, clock } = this.#options;
    held.askedMs = clock.now();
    held.unansweredMs ??= held.askedMs;
    try {
      const revision = await bucket.update(key, this.#entry(held.number), held.revision);
      if (this.#held !== held) return;
      if (revision !== null) renewed(held, revision);
      else await this.#checkOwn(held);
    } catch {
      // It is unknown whether it was renewed: the bucket will show it, or the next attempt.
    }
  }

  /** A renewal was refused: another process holds the lease, or an earlier renewal was made whose answer was lost. */
  async #checkOwn(held: Held): Promise<void> {
    const { bucket, key } = this.#options;
    const entry = await bucket.get(key);
    if (this.#held !== held) return;
    const read = entry === null ? null : decodeEntry(leaseEntry, entry.value);
    if (entry !== null && read?.type === 'entry' && this.#isOwn(held, read.value)) renewed(held, entry.revision);
    else this.#lose();
  }

  #isOwn(held: Held, { holder, number }: LeaseEntry): boolean {
    return holder === this.#options.peer && number === held.number;
  }

  async #try(): Promise<void> {
    const { bucket, key, clock, firstNumber, prepare, onGained } = this.#options;
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    const former = this.#seen ?? this.#foreign;
    try {
      await prepare();
      // In the meantime, another process may have taken it or renewed it.
      if (this.#hasEnded() || former !== (this.#seen ?? this.#foreign)) return;
      const askedMs = clock.now();
      const number = Math.max(this.#highest + 1, firstNumber());
      const entry = this.#entry(number);
      const revision = await (former === null ? bucket.create(key, entry) : bucket.update(key, entry, former.revision));
      if (this.#hasEnded()) return;
      if (revision === null) {
        await this.#look();
        return;
      }
      this.#highest = number;
      this.#foreign = null;
      this.#held = { number, revision, renewedMs: askedMs, askedMs, unansweredMs: null };
      onGained(number);
    } catch {
      // NATS is unreachable.
    } finally {
      this.#isAsking = false;
    }
  }

  /** The process may end while it asks. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  /** Another process was faster, or the bucket is new. */
  async #look(): Promise<void> {
    const { bucket, key } = this.#options;
    const entry = await bucket.get(key);
    if (entry === null) this.#seen = this.#foreign = null;
    else if (entry.revision !== this.#seen?.revision) this.#see(entry);
  }

  #entry(number: number): Uint8Array {
    const { peer: holder, describe } = this.#options;
    return encodeEntry({ holder, number, ...describe() });
  }

  #lose(): void {
    this.#held = null;
    // Others go first, because a process that has just lost the lease is cut off or slow.
    if (this.#seen !== null) this.#seen = { ...this.#seen, sinceMs: this.#options.clock.now() };
    this.#options.onLost();
  }
}

/**
 * It has this revision, which one of the unanswered renewals made; no other process can take it for this long after the
 * first of them.
 */
function renewed(held: Held, revision: number): void {
  if (revision <= held.revision) return;
  held.revision = revision;
  held.renewedMs = Math.max(held.renewedMs, held.unansweredMs ?? held.renewedMs);
  held.unansweredMs = null;
}
