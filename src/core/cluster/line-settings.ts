import { Emitter, type Subscribable } from '../base/emitter.js';
import type { Bucket, Entry } from '../bus/bucket.js';
import { decodeEntry, encodeEntry, keys } from './entries.js';
import { type SettingsEntry, settingsEntry } from './messages.js';

/** Attempts to write before others are let be: more than there are fronts that change the settings at the same moment. */
const mostAttempts = 20;

/** The settings of the line of a model, which outlast its holders. Any front may change them. */
export class LineSettings {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #changes = new Emitter<SettingsEntry>();
  readonly #stop: () => void;
  #current: SettingsEntry | null = null;

  constructor(bucket: Bucket, model: string) {
    this.#bucket = bucket;
    this.#key = keys.settings(model);
    this.#stop = bucket.watch(this.#key, (event) => {
      if (event.type === 'put') this.#see(event.entry);
    });
  }

  /** As far as they have been heard of. */
  get current(): SettingsEntry | null {
    return this.#current;
  }

  get changes(): Subscribable<SettingsEntry> {
    return this.#changes.subscribe;
  }

  /**
   * Changes what is in the bucket.
   *
   * @param edit called again if somebody else was faster; gets null if there are none
   * @throws ChatstreamError `cluster_unavailable`
   */
  async change(
    edit: (current: Omit<SettingsEntry, 'version'> | null) => Omit<SettingsEntry, 'version'>,
  ): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const entry = await this.#bucket.get(this.#key);
      const read = entry === null ? null : decodeEntry(settingsEntry, entry.value);
      const value = encodeEntry(edit(read?.type === 'entry' ? read.value : null));
      const revision = await (entry === null
        ? this.#bucket.create(this.#key, value)
        : this.#bucket.update(this.#key, value, entry.revision));
      if (revision !== null) return;
    }
  }

  stop(): void {
    this.#stop();
  }

  #see({ value }: Entry): void {
    const read = decodeEntry(settingsEntry, value);
    if (read.type !== 'entry') return;
    this.#current = read.value;
    this.#changes.emit(read.value);
  }
}
