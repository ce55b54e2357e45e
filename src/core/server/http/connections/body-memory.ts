import type { IncomingMessage } from 'node:http';
import { ChatstreamError } from '../../../base/errors.js';
import { formatBytes } from '../../../base/units.js';

/** Where a machine has little memory, bodies still may take so many bytes together, or that many bodies of the longest length. */
const leastBytes = 128 * 1024 ** 2;
const leastBodies = 8;

/** Of the memory of the machine or container, so much is for bodies. */
const share = 1 / 16;

/**
 * How many bytes all bodies may take together that arrive or wait to be read.
 *
 * @param memoryBytes of the machine or container
 */
export function bodyMemoryBytes(memoryBytes: number, maxBodyBytes: number): number {
  return Math.max(Math.floor(memoryBytes * share), leastBytes, leastBodies * maxBodyBytes);
}

/** Ends the request of a body that is dropped. */
type Drop = (error: ChatstreamError) => void;

interface Body {
  readonly owner: Owner;
  bytes: number;
  drop: Drop;
}

interface Owner {
  readonly name: string;
  bytes: number;
  /** The one for which nothing has come for the longest time is the first. */
  readonly arriving: Map<IncomingMessage, Body>;
  /** In the order in which they were complete. */
  readonly waiting: Map<IncomingMessage, Body>;
}

/**
 * The bodies that arrive, and those that have arrived and wait to be read. A client may open thousands of connections, and each
 * may have a body of megabytes that never ends. If all bodies together take more than a limit, the client whose bodies take
 * most loses one: the one for which nothing has come for the longest time, or, if all have arrived, the last of them.
 */
export class BodyMemory {
  readonly #mostBytes: number;
  readonly #owners = new Map<string, Owner>();
  readonly #bodies = new Map<IncomingMessage, Body>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What all of them take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A body begins to arrive.
   *
   * @param owner whose body it is
   */
  begin(request: IncomingMessage, owner: string, drop: Drop): void {
    const bodies = this.#owners.get(owner) ?? { name: owner, bytes: 0, arriving: new Map(), waiting: new Map() };
    this.#owners.set(owner, bodies);
    const body = { owner: bodies, bytes: 0, drop };
    this.#bodies.set(request, body);
    bodies.arriving.set(request, body);
  }

  /** A part of it has arrived. Does nothing for one that has left. */
  grow(request: IncomingMessage, bytes: number): void {
    const body = this.#bodies.get(request);
    if (body === undefined) return;
    const { owner } = body;
    body.bytes += bytes;
    owner.bytes += bytes;
    this.#bytes += bytes;
    owner.arriving.delete(request);
    owner.arriving.set(request, body);
    if (this.#bytes > this.#mostBytes) this.#dropOne();
  }

  /** It is complete, and waits. */
  wait(request: IncomingMessage, drop: Drop): void {
    const body = this.#bodies.get(request);
    if (body === undefined) return;
    body.drop = drop;
    body.owner.arriving.delete(request);
    body.owner.waiting.set(request, body);
  }

  /** It is read now, or its client has left. May be called more than once. */
  leave(request: IncomingMessage): void {
    const body = this.#bodies.get(request);
    if (body === undefined) return;
    const { owner, bytes } = body;
    this.#bodies.delete(request);
    owner.arriving.delete(request);
    owner.waiting.delete(request);
    owner.bytes -= bytes;
    this.#bytes -= bytes;
    if (owner.arriving.size + owner.waiting.size === 0) this.#owners.delete(owner.name);
  }

  #dropOne(): void {
    let most: Owner | null = null;
    for (const owner of this.#owners.values()) if (owner.bytes > (most?.bytes ?? 0)) most = owner;
    if (most === null) return;
    const dropped = [...most.arriving].find(([, { bytes }]) => bytes > 0) ?? [...most.waiting].at(-1);
    if (dropped === undefined) return;
    const [request, { drop }] = dropped;
    this.leave(request);
    drop(bodiesError(this.#mostBytes));
  }
}

function bodiesError(mostBytes: number): ChatstreamError {
  return new ChatstreamError('too_many_connections', 'Too many long request bodies arrive or wait at once.', {
    hint: `All bodies together may take ${formatBytes(mostBytes)}; try again in a moment.`,
    retryAfterSeconds: 1,
  });
}
