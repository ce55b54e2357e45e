import { createHash } from 'node:crypto';
import type { EngineInfo } from '../../engine/engine.js';

/** The fingerprints of the models that this version of the program serves. */
export class Fingerprints {
  readonly #version: string;
  /** Cached, because a hash takes longer than the rest of a request's head, and the model stays the same. */
  readonly #known = new WeakMap<EngineInfo, string>();

  constructor(version: string) {
    this.#version = version;
  }

  /**
   * Changes with the program, the model's file and the length of the context; not with the number of threads.
   *
   * @param info null before the model is loaded
   */
  of(info: EngineInfo | null): string {
    const known = info === null ? undefined : this.#known.get(info);
    if (known !== undefined) return known;
    const { engine, modelId, architecture, parameters, fileBytes, contextLength } = info ?? {};
    const parts = [this.#version, engine, modelId, architecture, parameters, fileBytes, contextLength];
    const made = `fp_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)}`;
    if (info !== null) this.#known.set(info, made);
    return made;
  }
}
