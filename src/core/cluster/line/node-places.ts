import type { Executor } from '../../executor/executor.js';
import { chooseExecutor } from '../../executor/routing.js';
import type { Members } from '../members.js';
import type { NodeEntry, nodeEntry } from '../messages.js';
import type { LineRequest } from './line-request.js';

/** A node as an executor. */
interface PlacedNode extends Executor {
  readonly warm: ReadonlySet<string>;
}

/** The places of the nodes that have a model, and who has them. Nobody else gives places away while the lease is held. */
export class NodePlaces {
  readonly #model: string;
  readonly #nodes: Members<typeof nodeEntry>;
  readonly #taken = new Map<string, Set<LineRequest>>();
  /** Nodes that have just failed or refused somebody: they get nothing until they say again how they are. */
  readonly #doubtful = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(model: string, nodes: Members<typeof nodeEntry>, onChange: () => void) {
    this.#model = model;
    this.#nodes = nodes;
    this.#unsubscribe = nodes.changes((id) => {
      this.#doubtful.delete(id);
      onChange();
    });
  }

  /**
   * How many may run at once now: as many as nodes in order have places, and those that run where nothing new may begin.
   */
  get inOrder(): number {
    let places = 0;
    for (const node of this.#usable()) places += node.places;
    for (const [id, requests] of this.#taken) if (!this.#isUsable(this.#nodes.all.get(id), id)) places += requests.size;
    return places;
  }

  /** Gives a request a free place: where the beginning of its prompt is known, if that is not much busier. @returns the node */
  choose(request: LineRequest): string | null {
    const { prefixes, failedAt } = request;
    const chosen = chooseExecutor([...this.#usable()], failedAt, ({ warm }) => sameShare(prefixes, warm));
    if (chosen === null) return null;
    this.take(request, chosen.name);
    return chosen.name;
  }

  /** A request has a place there. */
  take(request: LineRequest, node: string): void {
    request.node = node;
    const taken = this.#taken.get(node) ?? new Set();
    this.#taken.set(node, taken.add(request));
  }

  /** It has ended, or has lost its place. */
  leave(request: LineRequest): void {
    if (request.node === null) return;
    const taken = this.#taken.get(request.node);
    taken?.delete(request);
    if (taken?.size === 0) this.#taken.delete(request.node);
    request.node = null;
  }

  doubt(node: string): void {
    this.#doubtful.add(node);
  }

  stop(): void {
    this.#unsubscribe();
  }

  *#usable(): Generator<PlacedNode> {
    for (const [id, node] of this.#nodes.all) {
      if (!this.#isUsable(node, id)) continue;
      const running = this.#taken.get(id)?.size ?? 0;
      yield { name: id, status: 'ready', places: node.slots, running, kind: node.engine, warm: new Set(node.warm) };
    }
  }

  #isUsable(node: NodeEntry | undefined, id: string): node is NodeEntry {
    return node?.model === this.#model && node.status === 'ready' && !this.#doubtful.has(id);
  }
}

/** How much of a prompt a node may still hold, from 0 to 1. */
function sameShare(prefixes: readonly string[], warm: ReadonlySet<string>): number {
  let known = prefixes.length;
  while (known > 0 && !warm.has(prefixes[known - 1] ?? '')) known -= 1;
  return prefixes.length === 0 ? 0 : known / prefixes.length;
}

