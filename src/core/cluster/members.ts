import type { Static, TSchema } from 'typebox';
import type { CancelTimer, Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import type { Bucket } from '../bus/bucket.js';
import { decodeEntry, encodeEntry } from './entries.js';

/** How often a member announces itself, in milliseconds. */
const announceMs = 1000;

/** Describes a member in the bucket of members, repeatedly. */
export class Announcement {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #describe: () => object;
  readonly #clock: Clock;
  #cancelTimer: CancelTimer = () => undefined;
  #isOver = false;

  constructor(bucket: Bucket, key: string, describe: () => object, clock: Clock) {
    this.#bucket = bucket;
    this.#key = key;
    this.#describe = describe;
    this.#clock = clock;
    this.now();
  }

  /** Writes it at once, because it has changed. */
  now(): void {
    if (this.#isOver) return;
    // While NATS is unreachable, others cannot read it either; the next attempt is soon.
    this.#bucket.put(this.#key, encodeEntry(this.#describe())).catch(() => undefined);
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.schedule(announceMs, () => {
      this.now();
    });
  }

  /** The member leaves. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#cancelTimer();
    await this.#bucket.remove(this.#key).catch(() => undefined);
  }
}

/** A member that has gone. */
interface Departure<T extends TSchema> {
  readonly id: string;
  /** What it told of itself last. */
  readonly member: Static<T>;
  /** Whether it has said that it leaves; otherwise it was not heard any more. */
  readonly isExpected: boolean;
}

/** The members of one kind that are there, by their ids. */
export class Members<T extends TSchema> {
  readonly #members = new Map<string, Static<T>>();
  readonly #heardMs = new Map<string, number>();
  readonly #changes = new Emitter<string>();
  readonly #departures = new Emitter<Departure<T>>();
  readonly #foreigners = new Emitter<{ readonly key: string; readonly version: number }>();
  readonly #knownForeigners = new Set<string>();
  readonly #stop: () => void;

  /** @param prefix of their keys, which end with the id */
  constructor(bucket: Bucket, prefix: string, shape: T, clock: Clock) {
    this.#stop = bucket.watch(prefix, (event) => {
      if (event.type !== 'put') {
        const id = event.key.slice(prefix.length);
        const member = this.#members.get(id);
        this.#heardMs.delete(id);
        if (member === undefined) return;
        this.#members.delete(id);
        this.#departures.emit({ id, member, isExpected: event.type === 'removed' });
        this.#changes.emit(id);
        return;
      }
      const { key, value } = event.entry;
      const read = decodeEntry(shape, value);
      if (read.type === 'entry') {
        const id = key.slice(prefix.length);
        this.#members.set(id, read.value);
        this.#heardMs.set(id, clock.now());
        this.#changes.emit(id);
      } else if (read.type === 'foreign' && !this.#knownForeigners.has(key)) {
        this.#knownForeigners.add(key);
        this.#foreigners.emit({ key, version: read.version });
      }
    });
  }

  get all(): ReadonlyMap<string, Static<T>> {
    return this.#members;
  }

  /**
   * When a member last announced itself, in milliseconds on the clock of this process; -Infinity for one that is not
   * there.
   */
  heardMs(id: string): number {
    return this.#heardMs.get(id) ?? -Infinity;
  }

  /** The id of a member that has come, gone, or changed its description. */
  get changes(): Subscribable<string> {
    return this.#changes.subscribe;
  }

  /** One that has gone, told before {@link changes}. */
  get departures(): Subscribable<Departure<T>> {
    return this.#departures.subscribe;
  }

  /** One that speaks another version, which is no member therefore; told once. */
  get foreigners(): Subscribable<{ readonly key: string; readonly version: number }> {
    return this.#foreigners.subscribe;
  }

  stop(): void {
    this.#stop();
  }
}
