import { writeFileSync } from 'node:fs';
import type { CacheSlot } from '../../../../src/core/engine/prompt-cache/cache-slot.js';

/** A slot whose transfers take as long as a test says. */
export class FakeSlot implements CacheSlot {
  tokens: readonly number[] = [];
  firstCell = 0;
  saved = 0;
  loaded = 0;
  copied = 0;
  readonly #time: FakeTime;

  constructor(time: FakeTime, tokens: readonly number[] = []) {
    this.#time = time;
    this.tokens = tokens;
  }

  get length(): number {
    return this.tokens.length;
  }

  sharedPrefix(tokens: readonly number[]): number {
    const different = this.tokens.findIndex((token, index) => token !== tokens[index]);
    return different === -1 ? this.tokens.length : different;
  }

  save(path: string): Promise<number> {
    this.saved += 1;
    this.#time.nowMs += this.#time.saveMs;
    const content = JSON.stringify(this.tokens);
    writeFileSync(path, content);
    contents.set(path, this.tokens);
    return Promise.resolve(this.tokens.length * 10);
  }

  load(path: string): Promise<void> {
    this.loaded += 1;
    this.#time.nowMs += this.#time.loadMs;
    if (this.#time.loadFails) return Promise.reject(new Error('it is damaged'));
    this.tokens = contents.get(path) ?? [];
    return Promise.resolve();
  }

  copyFrom(other: FakeSlot, length: number): Promise<boolean> {
    this.copied += 1;
    this.tokens = other.tokens.slice(0, length);
    return Promise.resolve(!this.#time.copyFails);
  }

  keepPrefix(tokens: readonly number[]): Promise<number> {
    this.tokens = this.tokens.slice(0, Math.min(this.sharedPrefix(tokens), tokens.length - 1));
    return Promise.resolve(this.tokens.length);
  }

  clear(): Promise<void> {
    this.tokens = [];
    return Promise.resolve();
  }
}

export interface FakeTime {
  nowMs: number;
  saveMs: number;
  loadMs: number;
  loadFails: boolean;
  copyFails: boolean;
}

const contents = new Map<string, readonly number[]>();
