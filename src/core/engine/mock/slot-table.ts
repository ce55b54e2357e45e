/** Which slots are taken. */
export class SlotTable {
  readonly #taken: boolean[];

  constructor(slots: number) {
    this.#taken = Array.from({ length: slots }, () => false);
  }

  /** Takes the lowest free slot; null when there is none. */
  take(): number | null {
    const slot = this.#taken.indexOf(false);
    if (slot === -1) return null;
    this.#taken[slot] = true;
    return slot;
  }

  free(slot: number): void {
    this.#taken[slot] = false;
  }
}
