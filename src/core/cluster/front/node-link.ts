import type { ChatstreamError } from '../../base/errors.js';
import { clusterAwayError } from '../../base/refusals/cluster-refusals.js';
import type { GenerationSpec, Round } from '../../engine/engine.js';
import type { Channel, CloseReason } from '../channel/channel.js';
import type { Peer } from '../channel/peer.js';
import { type FromNode, fromWireError, type NodeCall, nodePurpose, reading, shapes } from '../messages.js';

export interface NodeLinkEvents {
  readonly onRound: (link: NodeLink, round: Round) => void;
  /** It does not begin the generation with this id. */
  readonly onRefused: (link: NodeLink, id: string) => void;
  /** It is gone. `silent`: without a message, like a process that has died. */
  readonly onClosed: (link: NodeLink, reason: CloseReason) => void;
}

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/** A node as a front uses it: calls that are answered, and generations. */
export class NodeLink {
  readonly node: string;
  readonly #channel: Channel;
  readonly #calls = new Map<number, OpenCall>();
  readonly #events: NodeLinkEvents;
  #asked = 0;

  constructor(peer: Peer, node: string, events: NodeLinkEvents) {
    this.node = node;
    this.#events = events;
    this.#channel = peer.open(node, nodePurpose);
    this.#channel.messages(
      reading(shapes.fromNode, (message) => {
        this.#hear(message);
      }),
    );
    this.#channel.closed((reason) => {
      for (const { reject } of this.#calls.values()) reject(clusterAwayError());
      this.#calls.clear();
      events.onClosed(this, reason);
    });
  }

  /** Rejects with the node's error, with the reason of the signal, and with `cluster_unavailable` if it is gone. */
  ask(ask: NodeCall, signal?: AbortSignal): Promise<unknown> {
    this.#asked += 1;
    const call = this.#asked;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#calls.delete(call);
        this.#channel.send({ type: 'abandon', call });
        reject(signal?.reason instanceof Error ? signal.reason : clusterAwayError());
      };
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      const settle = (end: () => void): void => {
        signal?.removeEventListener('abort', onAbort);
        end();
      };
      this.#calls.set(call, {
        resolve: (value) => {
          settle(() => {
            resolve(value);
          });
        },
        reject: (error) => {
          settle(() => {
            reject(error);
          });
        },
      });
      this.#channel.send({ type: 'call', call, ask });
    });
  }

  /** Its answers are no longer needed. Running generations continue. */
  abandonCalls(): void {
    for (const call of [...this.#calls.keys()]) {
      this.#channel.send({ type: 'abandon', call });
      this.#settled(call)?.reject(clusterAwayError());
    }
  }

  generate(spec: GenerationSpec, lease: number, prefixes: readonly string[]): void {
    this.#channel.send({ type: 'generate', spec, lease, prefixes });
  }

  cancel(id: string): void {
    this.#channel.send({ type: 'cancel', id });
  }

  close(): void {
    this.#channel.close();
  }

  #hear(message: FromNode): void {
    switch (message.type) {
      case 'answer':
        this.#settled(message.call)?.resolve(message.value);
        return;
      case 'failure':
        this.#settled(message.call)?.reject(fromWireError(message.error));
        return;
      case 'round':
        this.#events.onRound(this, message.round);
        return;
      case 'refused':
        this.#events.onRefused(this, message.id);
    }
  }

  #settled(call: number): OpenCall | undefined {
    const open = this.#calls.get(call);
    this.#calls.delete(call);
    return open;
  }
}
