import type { Executor } from '../../executor/executor.js';
import { chooseExecutor } from '../../executor/routing.js';
import type { Members } from '../members.js';
import type { NodeEntry, nodeEntry } from '../messages.js';
import type { LineRequest } from './line-request.js';
import { WarmPrefixes } from './warm-prefixes.js';

/**
 * A node as an executor. Created when a node reports its state, which happens far less often than places are granted.
 */
class PlacedNode implements Executor {
  readonly status = 'ready';
  readonly name: string;
  readonly places: number;
  readonly kind: string;
  readonly #requests: ReadonlySet<LineRequest>;

  constructor(name: string, { slots, engine }: NodeEntry, requests: ReadonlySet<LineRequest>) {
    this.name = name;
    this.places = slots;
    this.kind = engine;
    this.#requests = requests;
  }

  get running(): number {
    return this.#requests.size;
  }
}

/**
 * The places of the nodes that have a model, and who has them. No other process grants places while the lease is held.
 */
export class NodePlaces {
  readonly #model: string;
  readonly #nodes: Members<typeof nodeEntry>;
  /** Which request has a place where; also at nodes that are gone, as long as a place is taken there. */
  readonly #taken = new Map<string, Set<LineRequest>>();
  /** Nodes on which something new may begin. */
  readonly #usable = new Map<string, PlacedNode>();
  readonly #warm = new WarmPrefixes();
  readonly #unsubscribe: () => void;

  constructor(model: string, nodes: Members<typeof nodeEntry>, onChange: () => void) {
    this.#model = model;
    this.#nodes = nodes;
    for (const id of nodes.all.keys()) this.#refresh(id);
    this.#unsubscribe = nodes.changes((id) => {
      this.#refresh(id);
      onChange();
    });
  }

  /**
   * How many may run at once now: the places of working nodes, and those that run where nothing new may begin.
   */
  get inOrder(): number {
    let places = 0;
    for (const node of this.#usable.values()) places += node.places;
    for (const [id, requests] of this.#taken) if (!this.#usable.has(id)) places += requests.size;
    return places;
  }

  /**
   * Gives a request a free place, where the beginning of its prompt is known if that node is not much busier. @returns
   * the node
   */
  choose(request: LineRequest): string | null {
    const shares = this.#warm.sharesOf(request.prefixes);
    const nodes = [...this.#usable.values()];
    // Nodes report what they hold, so a short beginning counts as well.
    const chosen = chooseExecutor(nodes, request.failedAt, ({ name }) => shares.get(name) ?? 0, 0);
    if (chosen === null) return null;
    this.take(request, chosen.name);
    return chosen.name;
  }

  /** A request has a place there. */
  take(request: LineRequest, node: string): void {
    request.node = node;
    this.#takenAt(node).add(request);
  }

  /** It has ended, or has lost its place. */
  leave(request: LineRequest): void {
    const { node } = request;
    if (node === null) return;
    const taken = this.#taken.get(node);
    taken?.delete(request);
    if (taken?.size === 0 && !this.#usable.has(node)) this.#taken.delete(node);
    request.node = null;
  }

  /** A node has just failed or refused a request: it gets nothing until it reports its state again. */
  doubt(node: string): void {
    this.#usable.delete(node);
  }

  stop(): void {
    this.#unsubscribe();
  }

  #refresh(id: string): void {
    const node = this.#nodes.all.get(id);
    if (node?.model === this.#model && node.status === 'ready') {
      this.#usable.set(id, new PlacedNode(id, node, this.#takenAt(id)));
      this.#warm.set(id, node.warm);
      return;
    }
    this.#usable.delete(id);
    this.#warm.delete(id);
    if (this.#taken.get(id)?.size === 0) this.#taken.delete(id);
  }

  #takenAt(node: string): Set<LineRequest> {
    const taken = this.#taken.get(node) ?? new Set();
    this.#taken.set(node, taken);
    return taken;
  }
}
