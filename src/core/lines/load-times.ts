/** The speed of a disk, in bytes per millisecond, and the time to start a process, in milliseconds. */
const usualBytesPerMs = 250_000;
const leastLoadMs = 1000;

/**
 * How long models take to load: as long as the last time, or estimated from the sizes of their files and the time of
 * another one.
 */
export class LoadTimes {
  readonly #measured = new Map<string, number>();
  /** How many times as long as expected from its size the latest load took. */
  #slowness = 1;

  /** In milliseconds. */
  expectedMs(model: string, fileBytes: number): number {
    return this.#measured.get(model) ?? bySize(fileBytes) * this.#slowness;
  }

  measured(model: string, fileBytes: number, loadMs: number): void {
    this.#measured.set(model, loadMs);
    this.#slowness = loadMs / bySize(fileBytes);
  }
}

function bySize(fileBytes: number): number {
  return leastLoadMs + fileBytes / usualBytesPerMs;
}
