import type { Members } from '../members.js';
import type { nodeEntry } from '../messages.js';

/** The number of characters of its id that follow the name of a node that is not the only one with that name. */
const idLength = 6;

/**
 * Names of nodes, each of which identifies one node: `gpu-7`, or `gpu-7-a3f09c` and `gpu-7-51be20` for two with the
 * same name `gpu-7`, as on one machine without `--name`.
 */
export class NodeNames {
  readonly #nodes: Members<typeof nodeEntry>;
  readonly #names = new Map<string, string>();
  /** How many nodes have each name. Updated with each change, because names are needed in every round. */
  readonly #counts = new Map<string, number>();
  readonly #unsubscribe: () => void;

  constructor(nodes: Members<typeof nodeEntry>) {
    this.#nodes = nodes;
    for (const id of nodes.all.keys()) this.#see(id);
    this.#unsubscribe = nodes.changes((id) => {
      this.#see(id);
    });
  }

  /** @returns the id for a node that is gone */
  of(id: string): string {
    const name = this.#names.get(id);
    if (name === undefined) return id;
    return (this.#counts.get(name) ?? 0) > 1 ? `${name}-${id.slice(0, idLength)}` : name;
  }

  stop(): void {
    this.#unsubscribe();
  }

  #see(id: string): void {
    const before = this.#names.get(id);
    const now = this.#nodes.all.get(id)?.name;
    if (now === before) return;
    if (before !== undefined) this.#count(before, -1);
    if (now === undefined) {
      this.#names.delete(id);
      return;
    }
    this.#names.set(id, now);
    this.#count(now, 1);
  }

  #count(name: string, change: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
