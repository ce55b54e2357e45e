import { isDeepStrictEqual } from 'node:util';
import type { CancelTimer, Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import type { Bucket, Entry } from '../bus/bucket.js';
import { decodeEntry, encodeLongEntry, keys } from './entries.js';
import { type SettingsEntry, settingsEntry } from './messages.js';

/**
 * Attempts to write before giving way to others: more than there are fronts that change the settings at the same
 * moment.
 */
const mostAttempts = 20;

/** After how long a change that NATS has not answered is tried again, in milliseconds. */
const retryMs = 1000;

type Settings = Omit<SettingsEntry, 'version'>;

/** Turns the existing settings into the new ones; gets null if there are none. */
type Edit = (current: Settings | null) => Settings;

/** The settings of the line of a model, which outlast its holders. Any front may change them. */
export class LineSettings {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #changes = new Emitter<SettingsEntry>();
  readonly #stop: () => void;
  readonly #clock: Clock;
  /** Changes that NATS has not stored yet, the oldest first. */
  readonly #edits: Edit[] = [];
  readonly #taken = new Emitter<Edit>();
  #cancelRetry: CancelTimer = () => undefined;
  #isStopped = false;
  #current: SettingsEntry | null = null;

  constructor(bucket: Bucket, model: string, clock: Clock) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#key = keys.settings(model);
    this.#stop = bucket.watch(this.#key, (event) => {
      if (event.type === 'put') this.#see(event.entry);
    });
  }

  /** As far as they are known. */
  get current(): SettingsEntry | null {
    return this.#current;
  }

  get changes(): Subscribable<SettingsEntry> {
    return this.#changes.subscribe;
  }

  /**
   * Changes the contents of the bucket. While NATS is unreachable, it keeps trying, so that an accepted change is not
   * lost.
   *
   * @param edit called again if another process was faster
   */
  change(edit: Edit): void {
    this.#edits.push(edit);
    if (this.#edits.length === 1) void this.#writeAll();
  }

  /**
   * Whether all changes until now are in the bucket, as soon as they are.
   *
   * @param withinMs how long to wait for that
   */
  written(withinMs: number): Promise<boolean> {
    const last = this.#edits.at(-1);
    if (last === undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isWritten: boolean): void => {
        unsubscribe();
        cancelTimer();
        resolve(isWritten);
      };
      const unsubscribe = this.#taken.subscribe((edit) => {
        if (edit === last) settle(true);
      });
      const cancelTimer = this.#clock.schedule(withinMs, () => {
        settle(false);
      });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#stop();
  }

  async #writeAll(): Promise<void> {
    for (let [edit] = this.#edits; edit !== undefined && !this.#isStopped; [edit] = this.#edits) {
      try {
        await this.#write(edit);
        this.#edits.shift();
        this.#taken.emit(edit);
      } catch {
        this.#cancelRetry = this.#clock.schedule(retryMs, () => void this.#writeAll());
        return;
      }
    }
  }

  /**
   * @throws ChatstreamError `cluster_unavailable`; also for settings that have become too long because NATS accepts
   *   less than when they were accepted
   */
  async #write(edit: Edit): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const entry = await this.#bucket.get(this.#key);
      const read = entry === null ? null : decodeEntry(settingsEntry, entry.value);
      const value = encodeLongEntry(edit(read?.type === 'entry' ? read.value : null), this.#bucket.maxValueBytes);
      if (value === null) throw new ChatstreamError('cluster_unavailable', 'The settings of the line are too long.');
      // All fronts and the line would take the entry for a change.
      if (read !== null && isDeepStrictEqual(decodeEntry(settingsEntry, value), read)) return;
      const revision = await (entry === null
        ? this.#bucket.create(this.#key, value)
        : this.#bucket.update(this.#key, value, entry.revision));
      if (revision !== null) return;
    }
  }

  #see({ value }: Entry): void {
    const read = decodeEntry(settingsEntry, value);
    if (read.type !== 'entry') return;
    this.#current = read.value;
    this.#changes.emit(read.value);
  }
}
