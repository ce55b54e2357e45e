import type { Bucket } from '../../bus/bucket.js';
import type { Services } from '../../scheduler/fairness/keyed-jobs.js';
import { decodeEntry, encodeLongEntry, keys } from '../entries.js';
import { servicesEntry } from '../messages.js';

/** How much keys have been served in the line of a model, kept in the bucket for the next holder. */
export class SavedServices {
  readonly #bucket: Bucket;
  readonly #key: string;
  /** Revision of the entry that was last read or written; null if there was none. */
  #revision: number | null = null;
  #saved = '';

  constructor(bucket: Bucket, model: string) {
    this.#bucket = bucket;
    this.#key = keys.services(model);
  }

  /** As the last holder left it; null if nothing is known. Never rejects. */
  async read(): Promise<Services | null> {
    try {
      const entry = await this.#bucket.get(this.#key);
      this.#revision = entry?.revision ?? null;
      const read = entry === null ? null : decodeEntry(servicesEntry, entry.value);
      return read?.type === 'entry' ? read.value.services : null;
    } catch {
      // A line in which all keys begin anew is better than none.
      return null;
    }
  }

  /**
   * Writes it if it has changed. Never rejects.
   *
   * @param isHolder whether this process still holds the line. A process that was asleep may only find out by an entry
   *   that another one has written, which must then stay.
   */
  async save(services: Services, isHolder: () => boolean): Promise<void> {
    const text = JSON.stringify(services);
    if (text === this.#saved) return;
    const value = entryOf(services, this.#bucket.maxValueBytes);
    try {
      let revision = await this.#write(value);
      if (revision === null) {
        await this.read();
        if (!isHolder()) return;
        revision = await this.#write(value);
      }
      if (revision === null) return;
      this.#revision = revision;
      this.#saved = text;
    } catch {
      // NATS is unreachable; the next attempt is soon.
    }
  }

  #write(value: Uint8Array): Promise<number | null> {
    const revision = this.#revision;
    return revision === null ? this.#bucket.create(this.#key, value) : this.#bucket.update(this.#key, value, revision);
  }
}

/**
 * Services that do not fit are written in whole tokens, which takes half as much. If there are too many keys even then,
 * those with the most service are kept, and the others begin as new ones do.
 */
function entryOf(services: Services, mostBytes: number): Uint8Array {
  const exact = encodeLongEntry({ services }, mostBytes);
  if (exact !== null) return exact;
  const byService = Object.entries(services)
    .sort(([, one], [, other]) => sumOf(other) - sumOf(one))
    .map(([key, ofClasses]) => [key, ofClasses.map(Math.round)] as const);
  for (let most = byService.length; ; most /= 2) {
    const kept = Object.fromEntries(byService.slice(0, most));
    const value = encodeLongEntry({ services: kept }, mostBytes);
    if (value !== null) return value;
  }
}

function sumOf(service: readonly number[]): number {
  return service.reduce((sum, ofClass) => sum + ofClass, 0);
}
