import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import type { Channel } from '../../../../src/core/cluster/channel/channel.js';
import { Peer } from '../../../../src/core/cluster/channel/peer.js';
import { encodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { FrontSettings } from '../../../../src/core/cluster/front/front-settings.js';
import { LineConnection } from '../../../../src/core/cluster/front/line-connection.js';
import { RemoteLine } from '../../../../src/core/cluster/front/remote-line.js';
import { LineSettings } from '../../../../src/core/cluster/line-settings.js';
import { type FromLine, linePurpose } from '../../../../src/core/cluster/messages.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { AnswerPlans } from '../../../../src/core/inference/answers/answer-plans.js';
import { InferenceJob } from '../../../../src/core/inference/queue/inference-job.js';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import { noKey } from '../../../../src/core/scheduler/jobs/demand.js';
import { type MemoryBus, MemoryNetwork } from '../../../support/memory-bus.js';
import { greedy } from '../../../support/sampling.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** The other end: a process that holds the line, and says what the test wants. */
class Holder {
  readonly heard: unknown[] = [];
  readonly bus: MemoryBus;
  #channel: Channel | null = null;

  constructor(network: MemoryNetwork, clock: VirtualClock, id: string) {
    this.bus = network.connect();
    new Peer({ bus: this.bus, id, clock }).accept(linePurpose('m'), (channel) => {
      this.#channel = channel;
      channel.messages((message) => this.heard.push(message));
    });
  }

  say(message: FromLine): void {
    this.#channel?.send(message);
  }
}

const plans = new AnswerPlans();

describe('RemoteLine', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let lines: Bucket;
  let holder: Holder;
  let frontBus: MemoryBus;
  let line: RemoteLine;
  /** What the line has told, as `type id`. */
  let events: string[];

  beforeEach(async () => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock, () => 0.5);
    holder = new Holder(network, clock, 'h1');
    frontBus = network.connect();
    lines = await frontBus.bucket('lines', { ttlMs: null });
    const peer = new Peer({ bus: frontBus, id: 'f', clock });
    const settings = new LineSettings(lines, 'm', clock);
    const own = new FrontSettings({ maxConcurrency: 1, maxQueue: 100, queueTimeoutMs: 0 }, null);
    const connection = new LineConnection({ model: 'm', peer, bucket: lines, clock });
    line = new RemoteLine({ connection, settings, own, slots: () => 4, clock });
    events = [];
    line.events((event) => {
      if (event.type === 'turned_away') events.push(`turned_away ${event.job.id} ${event.stage} ${event.error.code}`);
      else if (event.type === 'started') events.push(`started ${event.job.id}`);
    });
    hold('h1', 1);
    await clock.advanceAsync(50);
  });

  function hold(peer: string | null, number: number): void {
    void lines.put(keys.lease('m'), encodeEntry({ holder: peer, number, running: 0, waiting: 0 }));
  }

  async function admitted(id: string): Promise<InferenceJob> {
    const request: InferenceRequest = {
      ...{ id, source: { type: 'text', text: 'Hi' }, maxTokens: 8, minTokens: 0, sampling: greedy, stop: [] },
      ...{ stopTokens: [], ignoreEos: false, format: { type: 'text' }, thoughtTokens: null },
    };
    const info = await createMockEngine(
      { engine: 'mock', slots: 1, context: 64, prefillMs: 1, tokenMs: 1, reply: 'long' },
      clock,
    ).start();
    const plan = plans.plan(request, { prompt: [1, 2, 3], format: { type: 'text' }, isThinking: false }, info);
    const listener = {
      started: () => undefined,
      parts: () => undefined,
      ended: () => undefined,
      failed: () => undefined,
    };
    const job = new InferenceJob(request, [1, 2, 3], plan, listener, clock.now());
    line.admit(job);
    void line.accepted([job]);
    await clock.advanceAsync(10);
    return job;
  }

  it('says first which requests there are, and registers new ones with what the line needs to know', async () => {
    expect(holder.heard).toEqual([{ type: 'all', requests: [] }]);
    await admitted('a');
    const demand = { key: noKey, promptTokens: 3, maxTokens: 8 };
    expect(holder.heard.slice(1)).toMatchObject([
      {
        type: 'register',
        requests: [{ id: 'a', demand, node: null, waitedMs: 0 }],
      },
    ]);
  });

  it('starts what has been granted a place, and says where', async () => {
    const job = await admitted('a');
    expect([line.waiting, line.running, line.grantOf('a')]).toEqual([1, 0, null]);
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    await clock.advanceAsync(10);
    expect(events).toEqual(['started a']);
    expect([job.status, line.waiting, line.running]).toEqual(['running', 0, 1]);
    expect(line.grantOf('a')).toEqual({ node: 'n1', lease: 1 });
  });

  it('knows where its requests stand, in the order of the line', async () => {
    await admitted('a');
    await admitted('b');
    holder.say({
      type: 'standing',
      line: { running: 1, waiting: 9, retryAfterSeconds: 6 },
      places: [
        ['a', 7, 900, 'slot'],
        ['b', 3, 400, 'slot'],
      ],
    });
    await clock.advanceAsync(10);
    const entries = [...line.entries()].map(({ job, position, etaMs }) => [job.id, position, etaMs]);
    expect(entries).toEqual([
      ['b', 3, 400],
      ['a', 7, 900],
    ]);
    expect(line.retryAfterSeconds()).toBe(6);
  });

  it('passes a refusal on with its code', async () => {
    await admitted('a');
    holder.say({ type: 'turned_away', id: 'a', stage: 'arrival', error: { code: 'queue_full', message: 'Full.' } });
    await clock.advanceAsync(10);
    expect(events).toEqual(['turned_away a arrival queue_full']);
    expect(line.waiting).toBe(0);
  });

  it('gives a request up that nobody decides within 10 s, and says so to the line', async () => {
    await admitted('a');
    await clock.advanceAsync(9900);
    expect(events).toEqual([]);
    await clock.advanceAsync(200);
    expect(events).toEqual(['turned_away a arrival cluster_unavailable']);
    expect(holder.heard).toContainEqual({ type: 'over', id: 'a' });
  });

  it('tells a new holder what runs and what waits, since when, in which turn, and what has lost its node', async () => {
    for (const id of ['a', 'b', 'c']) await admitted(id);
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    holder.say({ type: 'granted', id: 'b', node: 'n2', lease: 1 });
    holder.say({ type: 'accepted', turns: [['c', [1, 7]]], places: [['c', 1, null, 'slot']] });
    await clock.advanceAsync(1000);
    line.lost('b', 'n2');
    const next = new Holder(network, clock, 'h2');
    hold('h2', 2);
    await clock.advanceAsync(10);
    expect(next.heard).toMatchObject([
      {
        type: 'all',
        requests: [
          { id: 'a', node: 'n1', isHomeless: false },
          { id: 'b', node: null, isHomeless: true },
          { id: 'c', node: null, isHomeless: false, waitedMs: 1012, turn: [1, 7] },
        ],
      },
    ]);
    expect(events).toEqual(['started a', 'started b']);
  });

  it('hears nothing of a holder that has been replaced', async () => {
    await admitted('a');
    new Holder(network, clock, 'h2');
    hold('h2', 2);
    await clock.advanceAsync(10);
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    hold('h1', 1);
    await clock.advanceAsync(10);
    expect(events).toEqual([]);
    expect(line.grantOf('a')).toBeNull();
  });

  it('loses a place only on the node where it has it, and takes another one', async () => {
    await admitted('a');
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    await clock.advanceAsync(10);
    const regrants: string[] = [];
    line.regrants((id) => regrants.push(id));
    line.lost('a', 'another');
    expect(line.grantOf('a')).toEqual({ node: 'n1', lease: 1 });
    line.lost('a', 'n1');
    holder.say({ type: 'granted', id: 'a', node: 'n2', lease: 1 });
    await clock.advanceAsync(10);
    expect(regrants).toEqual(['a']);
    expect(holder.heard).toContainEqual({ type: 'lost', id: 'a', node: 'n1' });
    expect(events).toEqual(['started a']);
  });

  it('turns away what waits after 15 s without a line, and lets run what runs', async () => {
    for (const id of ['a', 'b']) await admitted(id);
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    holder.say({ type: 'accepted', turns: [['b', [1, 7]]], places: [] });
    await clock.advanceAsync(10);
    hold(null, 1);
    await clock.advanceAsync(14_900);
    expect(events).toEqual(['started a']);
    await clock.advanceAsync(200);
    expect(events).toEqual(['started a', 'turned_away b waiting cluster_unavailable']);
    expect(line.running).toBe(1);
  });

  it('turns away what waits after 15 s without NATS, changes nothing meanwhile, and says so to the line afterwards', async () => {
    for (const id of ['a', 'b']) await admitted(id);
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    holder.say({ type: 'accepted', turns: [['b', [1, 7]]], places: [] });
    await clock.advanceAsync(10);
    for (const bus of [frontBus, holder.bus]) bus.isCut = true;
    await clock.advanceAsync(14_900);
    expect(events).toEqual(['started a']);
    expect(() => {
      line.resize({ maxConcurrency: 2 });
    }).toThrow('cluster');
    await clock.advanceAsync(200);
    expect(events).toEqual(['started a', 'turned_away b waiting cluster_unavailable']);
    for (const bus of [frontBus, holder.bus]) bus.isCut = false;
    await clock.advanceAsync(2000);
    expect(holder.heard.at(-1)).toEqual({ type: 'over', id: 'b' });
    expect(holder.heard.filter((message) => JSON.stringify(message).includes('"all"'))).toHaveLength(1);
    line.resize({ maxConcurrency: 2 });
    expect(line.limits.maxConcurrency).toBe(2);
  });

  it('lets what waits be when NATS is back within 15 s', async () => {
    await admitted('a');
    holder.say({ type: 'accepted', turns: [['a', [1, 7]]], places: [] });
    await clock.advanceAsync(10);
    for (const bus of [frontBus, holder.bus]) bus.isCut = true;
    await clock.advanceAsync(14_900);
    for (const bus of [frontBus, holder.bus]) bus.isCut = false;
    await clock.advanceAsync(20_000);
    expect([events, line.waiting]).toEqual([[], 1]);
  });

  it('is drained when the last of its requests has ended, and turns away what waits', async () => {
    const running = await admitted('a');
    await admitted('b');
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    await clock.advanceAsync(10);
    let isDrained = false;
    void line.drain().then(() => (isDrained = true));
    await clock.advanceAsync(10);
    expect(events).toEqual(['started a', 'turned_away b waiting draining']);
    expect(isDrained).toBe(false);
    line.release(running);
    await clock.advanceAsync(10);
    expect(isDrained).toBe(true);
    expect(holder.heard).toContainEqual({ type: 'over', id: 'a' });
  });

  it('counts tokens for the line four times a second, and at the end', async () => {
    const job = await admitted('a');
    holder.say({ type: 'granted', id: 'a', node: 'n1', lease: 1 });
    await clock.advanceAsync(10);
    line.countCached(job, 2);
    for (let token = 0; token < 5; token += 1) line.countOutput(job);
    await clock.advanceAsync(300);
    line.countOutput(job);
    line.release(job);
    await clock.advanceAsync(10);
    expect(holder.heard.slice(2)).toEqual([
      { type: 'progress', counts: [['a', 5, 2]] },
      { type: 'progress', counts: [['a', 1, null]] },
      { type: 'over', id: 'a' },
    ]);
  });

  it('changes the limits of the cluster, and none while there is no line', async () => {
    line.resize({ maxConcurrency: 3 });
    await clock.advanceAsync(50);
    expect(line.limits).toEqual({ maxConcurrency: 3, maxQueue: 100 });
    hold(null, 1);
    await clock.advanceAsync(50);
    expect(() => {
      line.resize({ maxConcurrency: 2 });
    }).toThrow('cluster');
    expect(line.limits.maxConcurrency).toBe(3);
  });
});
