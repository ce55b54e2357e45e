import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import type { Channel } from '../../../../src/core/cluster/channel/channel.js';
import { schemaVersion } from '../../../../src/core/cluster/channel/envelope.js';
import { Peer } from '../../../../src/core/cluster/channel/peer.js';
import { encodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { LineHolder } from '../../../../src/core/cluster/line/line-holder.js';
import { Members } from '../../../../src/core/cluster/members.js';
import {
  type FromLine,
  frontEntry,
  linePurpose,
  nodeEntry,
  reading,
  type Registration,
  type SettingsEntry,
  shapes,
} from '../../../../src/core/cluster/messages.js';
import { usualTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const settings: SettingsEntry = {
  ...{
    version: schemaVersion,
    maxConcurrency: null,
    maxQueue: 100,
    queueTimeoutMs: 0,
    maxQueuedTokens: null,
    ttftTargetMs: null,
  },
  ...{ policy: 'fair', classPatienceMs: 60_000, keys: { terms: [['anna', usualTerms]], classReserves: [] } },
};

/** A front, of which only the messages are there. */
class Front {
  readonly granted: string[] = [];
  /** By the ids of what waits, as the front was told last. */
  etas = new Map<string, number | null>();
  readonly refused: string[] = [];
  #channel: Channel;
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#channel = this.open([]);
  }

  open(requests: Registration[]): Channel {
    this.#channel = this.#peer.open('holder', linePurpose('m'));
    this.#channel.messages(
      reading(shapes.fromLine, (message) => {
        this.#hear(message);
      }),
    );
    this.#channel.send({ type: 'all', requests });
    return this.#channel;
  }

  register(id: string): void {
    this.#channel.send({ type: 'register', requests: [registration(id)] });
  }

  progress(id: string, tokens: number): void {
    this.#channel.send({ type: 'progress', counts: [[id, tokens, null]] });
  }

  over(id: string): void {
    this.#channel.send({ type: 'over', id });
  }

  #hear(message: FromLine): void {
    if (message.type === 'granted') this.granted.push(message.id);
    else if (message.type === 'turned_away') this.refused.push(message.id);
    else this.etas = new Map(message.places.map(([id, , etaMs]) => [id, etaMs]));
  }
}

function registration(id: string, more: Partial<Registration> = {}): Registration {
  const demand = { key: 'anna', promptTokens: 10, maxTokens: 100, trafficClass: 'standard' } as const;
  return {
    id,
    demand,
    prefixes: [],
    waitedMs: 0,
    deadlineMs: null,
    node: null,
    isHomeless: false,
    turn: null,
    ...more,
  };
}

describe('LineHolder', () => {
  let clock: VirtualClock;
  let members: Bucket;
  let holder: LineHolder;
  let front: Front;

  beforeEach(async () => {
    clock = new VirtualClock();
    const network = new MemoryNetwork(clock, () => 0.5);
    const bus = network.connect();
    members = await bus.bucket('members', { ttlMs: null });
    const node = { id: 'n1', name: 'n1', model: 'm', engine: 'mock', slots: 1, running: 0, status: 'ready', warm: [] };
    void members.put(keys.node('n1'), encodeEntry(node));
    await clock.advanceAsync(20);
    holder = new LineHolder({
      ...{ model: 'm', lease: 1, peer: new Peer({ bus, id: 'holder', clock }), settings, services: null, clock },
      nodes: new Members(members, keys.nodes, nodeEntry, clock),
      fronts: new Members(members, keys.fronts, frontEntry, clock),
    });
    front = new Front(new Peer({ bus: network.connect(), id: 'front', clock }));
    await clock.advanceAsync(1500);
    // One answer of 20 tokens that takes two seconds; then one runs, has 10 tokens after a second, and one waits.
    front.register('first');
    await generate('first', 20);
    front.over('first');
    front.register('second');
    await clock.advanceAsync(10);
    front.register('third');
    await generate('second', 10);
  });

  async function generate(id: string, tokens: number): Promise<void> {
    for (let token = 0; token < tokens; token += 1) {
      await clock.advanceAsync(100);
      front.progress(id, 1);
    }
    await clock.advanceAsync(10);
  }

  /** When the third starts, as the front hears it within a second in which the second gets its tokens. */
  async function etaMs(): Promise<number | null | undefined> {
    await generate('second', 5);
    return front.etas.get('third');
  }

  it('expects a start from what it has measured', async () => {
    holder.configure({ ...settings, maxQueue: 50 });
    holder.configure({ ...settings, keys: { terms: [['anna', { ...usualTerms, share: 2 }]], classReserves: [] } });
    const expected = await etaMs();
    expect(expected).toBeGreaterThan(0);
    expect(expected).toBeLessThan(1100);
  });

  it.each<[string, SettingsEntry]>([
    ['settings that are the same', { ...settings }],
    ['another limit', { ...settings, maxQueue: 50 }],
    ['other keys', { ...settings, keys: { terms: [['ben', usualTerms]], classReserves: [] } }],
    ['another longest wait', { ...settings, queueTimeoutMs: 600_000 }],
    ['another policy', { ...settings, policy: 'fifo' }],
    ['no keys', { ...settings, keys: null }],
  ])('still knows how long answers take, and what runs, after %s', async (_, changed) => {
    holder.configure(changed);
    front.open([registration('second', { node: 'n1' }), registration('third', { waitedMs: 1000 })]);
    await clock.advanceAsync(20);
    const expected = front.etas.get('third');
    // Ten of twenty tokens, each of which takes a tenth of a second.
    expect(expected).toBeGreaterThan(800);
    expect(expected).toBeLessThan(1100);
    front.over('second');
    await clock.advanceAsync(20);
    expect(front.granted).toEqual(['first', 'second', 'third']);
  });

  it('keeps the turn that it gave to a request whose front has not heard of it, and comes back', async () => {
    front.register('fourth');
    await clock.advanceAsync(20);
    front.open([
      registration('second', { node: 'n1' }),
      registration('third', { waitedMs: 1000 }),
      registration('fourth', { turn: [1, 4] }),
    ]);
    await clock.advanceAsync(20);
    front.over('second');
    await clock.advanceAsync(20);
    expect(front.granted).toEqual(['first', 'second', 'third']);
  });

  it('learns nothing from the end of a scheduler that has been replaced', async () => {
    for (let change = 1; change <= 20; change += 1) {
      holder.configure({ ...settings, queueTimeoutMs: 600_000 + change });
    }
    front.over('second');
    front.register('fourth');
    await generate('third', 1);
    // Two answers: one of 20 tokens, one of 10.
    expect(front.etas.get('fourth')).toBeGreaterThan(1000);
  });

  it('charges a key for all that a request has got, before and after another scheduler has taken it', async () => {
    front.over('third');
    await generate('second', 0);
    holder.configure({ ...settings, queueTimeoutMs: 600_000 });
    await generate('second', 5);
    front.over('second');
    await clock.advanceAsync(20);
    const services = Object.values(holder.services?.['anna'] ?? []);
    // Of 10 and 10 prompt tokens, and of 20 and 15 output tokens, which count twice.
    expect(services.reduce((sum, service) => sum + service, 0)).toBe(90);
  });

  it('holds to another limit of what may wait at once', async () => {
    holder.configure({ ...settings, maxQueue: 1 });
    front.register('fourth');
    await clock.advanceAsync(20);
    expect(front.refused).toEqual(['fourth']);
  });
});
