import type { Clock } from '../../base/clock.js';
import { Drain } from '../../base/drain.js';
import { asChatstreamError } from '../../base/errors.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import type { Bucket } from '../../bus/bucket.js';
import type { EngineInfo, Round, ServingEngine } from '../../engine/engine.js';
import type { Channel } from '../channel/channel.js';
import type { Peer } from '../channel/peer.js';
import { keys } from '../entries.js';
import { Announcement } from '../members.js';
import {
  type FromNode,
  type NodeCall,
  type NodeEntry,
  nodePurpose,
  reading,
  shapes,
  type ToNode,
  toWireError,
} from '../messages.js';

export interface ClusterNodeOptions {
  readonly engine: ServingEngine;
  /** The engine's description of itself at its start. */
  readonly info: EngineInfo;
  /** For people. */
  readonly name: string;
  readonly peer: Peer;
  /** The bucket of members. */
  readonly members: Bucket;
  readonly clock: Clock;
}

/** A front, as the node sees it. */
interface Front {
  readonly channel: Channel;
  /** Calls that are being answered. */
  readonly calls: Map<number, AbortController>;
}

/** Number of fingerprints that are announced, about 5 kB. */
const mostWarm = 400;

/**
 * An engine for the fronts of a cluster. It begins what the line has granted, sends each front what a round did for its
 * generations, and ends those of a front that is gone. It accepts no grant of a replaced holder of the line, and begins
 * no more than it has slots for, whatever is granted.
 */
export class ClusterNode {
  readonly #options: ClusterNodeOptions;
  readonly #running = new Map<string, Front>();
  readonly #fronts = new Set<Front>();
  readonly #warm = new RecentlyUsed<true>(mostWarm);
  readonly #announcement: Announcement;
  readonly #stops: readonly (() => void)[];
  readonly #drain = new Drain(() => this.#running.size === 0);
  #info: EngineInfo;
  /** The highest number of a lease under which something was granted to it. */
  #lease = 0;

  constructor(options: ClusterNodeOptions) {
    const { engine, info, peer, members, clock } = options;
    this.#options = options;
    this.#info = info;
    this.#announcement = new Announcement(members, keys.node(peer.id), () => this.#entry(), clock);
    this.#stops = [
      peer.accept(nodePurpose, (channel) => {
        this.#meet(channel);
      }),
      engine.rounds((round) => {
        this.#onRound(round);
      }),
      engine.states((state) => {
        if (state.status === 'ready') this.#info = state.info;
        this.#announcement.now();
      }),
    ];
  }

  get running(): number {
    return this.#running.size;
  }

  /**
   * Accepts nothing new, and lets running generations end. Those that still run after `timeoutMs` milliseconds are left
   * to other nodes, where they continue.
   *
   * @returns how many generations were left
   */
  async drain(timeoutMs: number): Promise<number> {
    const ended = this.#drain.begin();
    this.#announcement.now();
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#options.clock.schedule(timeoutMs, resolve);
      void ended.then(() => {
        cancelTimer();
        resolve();
      });
    });
    return this.#running.size;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    for (const { channel } of this.#fronts) channel.end('closed');
    await this.#announcement.end();
  }

  #entry(): Omit<NodeEntry, 'version'> {
    const { name, peer, engine } = this.#options;
    const isUp = engine.state.status === 'ready';
    return {
      ...{ id: peer.id, name, model: this.#info.modelId, engine: this.#info.engine, slots: this.#info.slots },
      running: this.#running.size,
      status: this.#drain.hasBegun ? 'draining' : isUp ? 'ready' : 'down',
      warm: [...this.#warm.keys],
    };
  }

  #meet(channel: Channel): void {
    const front: Front = { channel, calls: new Map() };
    this.#fronts.add(front);
    channel.messages(
      reading(shapes.toNode, (message) => {
        this.#hear(front, message);
      }),
    );
    channel.closed(() => {
      this.#fronts.delete(front);
      for (const controller of front.calls.values()) controller.abort();
      for (const [id, owner] of this.#running) if (owner === front) this.#cancel(front, id);
    });
  }

  #hear(front: Front, message: ToNode): void {
    switch (message.type) {
      case 'call':
        void this.#answer(front, message.call, message.ask);
        return;
      case 'abandon':
        front.calls.get(message.call)?.abort();
        return;
      case 'generate':
        this.#generate(front, message);
        return;
      case 'cancel':
        this.#cancel(front, message.id);
    }
  }

  #generate(front: Front, { spec, lease, prefixes }: Extract<ToNode, { type: 'generate' }>): void {
    const reason = this.#refusal(lease);
    if (reason !== null) {
      send(front, { type: 'refused', id: spec.id, reason });
      return;
    }
    this.#lease = lease;
    this.#running.set(spec.id, front);
    for (const prefix of prefixes) this.#warm.set(prefix, true);
    try {
      this.#options.engine.generate(spec);
    } catch (error) {
      this.#running.delete(spec.id);
      const { code, advice } = asChatstreamError(error, 'engine_failed');
      this.#sendRound(front, {
        durationMs: 0,
        batchSize: 0,
        events: [{ type: 'failed', id: spec.id, code, message: advice }],
      });
    }
  }

  #refusal(lease: number): string | null {
    if (lease < this.#lease) return `the line has another holder since lease ${this.#lease}`;
    if (this.#drain.hasBegun) return 'the node is being drained';
    return this.#running.size < this.#info.slots ? null : 'all places are taken';
  }

  #cancel(front: Front, id: string): void {
    if (this.#running.get(id) !== front) return;
    this.#running.delete(id);
    this.#options.engine.cancel(id);
    this.#drain.settle();
  }

  /** One message for each front, however many of its generations have received a token or a part of their prefill. */
  #onRound({ durationMs, batchSize, events, prefills = [] }: Round): void {
    const fronts = new Set([...events, ...prefills].flatMap(({ id }) => this.#running.get(id) ?? []));
    for (const front of fronts) {
      const isOwn = ({ id }: { readonly id: string }): boolean => this.#running.get(id) === front;
      const ownPrefills = prefills.filter(isOwn);
      this.#sendRound(front, {
        ...{ durationMs, batchSize, events: events.filter(isOwn) },
        ...(ownPrefills.length > 0 && { prefills: ownPrefills }),
      });
    }
    for (const { type, id } of events) if (type === 'ended' || type === 'failed') this.#running.delete(id);
    this.#drain.settle();
  }

  #sendRound(front: Front, round: Round): void {
    send(front, { type: 'round', round });
  }

  async #answer(front: Front, call: number, ask: NodeCall): Promise<void> {
    const controller = new AbortController();
    front.calls.set(call, controller);
    try {
      send(front, { type: 'answer', call, value: await this.#value(ask, controller.signal) });
    } catch (error) {
      if (!controller.signal.aborted)
        send(front, { type: 'failure', call, error: toWireError(asChatstreamError(error)) });
    } finally {
      front.calls.delete(call);
    }
  }

  #value(ask: NodeCall, signal: AbortSignal): Promise<unknown> {
    const { engine } = this.#options;
    switch (ask.type) {
      case 'describe':
        return Promise.resolve(this.#info);
      case 'prepare':
        return engine.prepare(ask.source, ask.demands ?? undefined, signal);
      case 'tokenize':
        return engine.tokenize(ask.text, ask.options ?? undefined, signal);
      case 'detokenize':
        return engine.detokenize(ask.tokens, signal);
      case 'spell':
        return engine.spell(ask.tokens, signal);
    }
  }
}

function send({ channel }: Front, message: FromNode): void {
  channel.send(message);
}
