import type { Members } from '../members.js';
import type { nodeEntry } from '../messages.js';
import type { LineRequest } from './line-request.js';
import { NodePlaces } from './node-places.js';

export interface GrantsOptions {
  readonly model: string;
  readonly nodes: Members<typeof nodeEntry>;
  /** The number of the lease under which places are given away. */
  readonly lease: number;
  /** Nodes have come, gone or changed. */
  readonly onNodes: () => void;
}

/** Gives requests that have been started their places on nodes, and other ones where a node is gone, and tells their fronts. */
export class Grants {
  readonly #lease: number;
  readonly #places: NodePlaces;
  /** Started, and without a place, because their node is gone: the next places are theirs. */
  readonly #unplaced = new Set<LineRequest>();

  constructor({ model, nodes, lease, onNodes }: GrantsOptions) {
    this.#lease = lease;
    this.#places = new NodePlaces(model, nodes, onNodes);
  }

  /** See `NodePlaces.inOrder`. */
  get placesInOrder(): number {
    return this.#places.inOrder;
  }

  /** A front has registered it, perhaps with a place that a former holder of the line has given it. */
  adopt(request: LineRequest): void {
    if (request.node !== null) this.#places.take(request, request.node);
    else if (request.isStarted) this.#unplaced.add(request);
  }

  /** It has been started: it gets a place, or the next one that is free. */
  grant(request: LineRequest): void {
    if (!this.#give(request)) this.#unplaced.add(request);
  }

  /** Gives free places to those that had one before. */
  placeUnplaced(): void {
    for (const request of this.#unplaced) {
      if (!this.#give(request)) break;
      this.#unplaced.delete(request);
    }
  }

  /** The node has failed at it, or refused it: it needs a place elsewhere. */
  lose(request: LineRequest, node: string): void {
    this.#places.leave(request);
    this.#places.doubt(node);
    request.failedAt.add(node);
    this.#unplaced.add(request);
  }

  /** It has ended, wherever it was. */
  forget(request: LineRequest): void {
    this.#unplaced.delete(request);
    this.#places.leave(request);
  }

  stop(): void {
    this.#places.stop();
  }

  /** @returns whether there was a free place */
  #give(request: LineRequest): boolean {
    const node = this.#places.choose(request);
    if (node === null) return false;
    request.front.send({ type: 'granted', id: request.id, node, lease: this.#lease });
    return true;
  }
}
