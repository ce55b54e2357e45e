import { messageOf } from '../../base/errors.js';
import type { EngineOptions, GpuChoice } from '../options.js';
import { type EngineExit, hasCrashed } from './engine-child.js';

/** What `--gpu auto` tries after a crash: the library's own order, without what only exists on a Mac. */
const others: readonly GpuChoice[] = ['vulkan', 'off'];

/** What to do when the first start of an engine fails. */
export type StartFallback = Pick<DeviceFallback, 'goOn' | 'warnings'>;

/**
 * The device of an engine. With `--gpu auto`, llama.cpp takes the first backend that it finds, but whether its code
 * runs there only shows when it computes something: if a driver is too old, for example, it ends the process. Then the
 * next backend is tried, and in the end the CPU.
 */
export class DeviceFallback {
  readonly #options: EngineOptions;
  /** The devices that are left. */
  readonly #left: GpuChoice[];
  #gpu: GpuChoice | null = null;
  #crash: string | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#left = options.engine === 'llama' && options.gpu === 'auto' ? [...others] : [];
  }

  /** With the device that is to be used next. */
  get options(): EngineOptions {
    if (this.#options.engine === 'mock' || this.#gpu === null) return this.#options;
    return { ...this.#options, gpu: this.#gpu };
  }

  /** What the operator should know about the choice. */
  get warnings(): readonly string[] {
    if (this.#crash === null) return [];
    return [`--gpu auto found a GPU, but llama.cpp crashed on it, so another device is used. ${this.#crash}`];
  }

  /**
   * Must be called when the first start of a process has failed.
   *
   * @returns whether another start is worth trying, with other {@link options}
   */
  goOn(error: unknown, exit: EngineExit): boolean {
    const isSearching = this.#crash !== null;
    if (!isSearching && !hasCrashed(exit)) return false;
    const next = this.#left.shift();
    if (next === undefined) return false;
    this.#gpu = next;
    this.#crash ??= messageOf(error);
    return true;
  }
}
