import { modelNotFoundError } from '../../base/refusals/refusals.js';
import type { ListedModel, ModelService, ServedModel, ServedModels } from './served-model.js';

/** The alias that stands for any name. */
export const anyName = '*';

/** A server with one model, which is loaded at the start and stays loaded. */
export class OneModel implements ServedModels {
  readonly #inference: ModelService;
  readonly #aliases: readonly string[];

  /** @param aliases names that it also answers to; with `*`, it answers to any name */
  constructor(inference: ModelService, aliases: readonly string[]) {
    this.#inference = inference;
    this.#aliases = aliases;
  }

  /**
   * Its name is the one by which the client asked for it, or else its first. Clients compare both, and some take another
   * name for another model.
   */
  find(wanted: string | null | undefined): ServedModel {
    return { name: this.#nameFor(wanted), inference: this.#inference };
  }

  meant(name: string): object | undefined {
    return this.#answersTo(name, this.#inference.info?.modelId ?? null) ? this.#inference : undefined;
  }

  /** Empty until it is loaded. The names that the operator gave it come first, then that of its file. */
  get list(): readonly ListedModel[] {
    const { info } = this.#inference;
    if (info === null) return [];
    const names = [...this.#aliases.filter((alias) => alias !== anyName), info.modelId];
    return [...new Set(names)].map((id) => ({ id, root: info.modelId, info }));
  }

  describe(id: string): ListedModel {
    const { info } = this.#inference;
    if (info !== null && this.#answersTo(id, info.modelId)) return { id, root: info.modelId, info };
    throw modelNotFoundError(id, this.list[0]?.id ?? null);
  }

  #nameFor(wanted: string | null | undefined): string {
    const { info } = this.#inference;
    if (info === null) return wanted ?? '';
    const first = this.#aliases.find((alias) => alias !== anyName) ?? info.modelId;
    if (wanted === undefined || wanted === null || wanted === '') return first;
    if (this.#answersTo(wanted, info.modelId)) return wanted;
    throw modelNotFoundError(wanted, first);
  }

  /** The file's name may have its extension. @param fileName null until it is loaded */
  #answersTo(wanted: string, fileName: string | null): boolean {
    if (this.#aliases.includes(anyName) || this.#aliases.includes(wanted)) return true;
    return fileName !== null && (wanted === fileName || wanted === `${fileName}.gguf`);
  }
}
