import { beforeEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../../src/core/base/emitter.js';
import { batches } from '../../../../src/core/cluster/usage/batches.js';
import { SharedUsage } from '../../../../src/core/cluster/usage/shared-usage.js';
import type { InferenceEvent } from '../../../../src/core/inference/request.js';
import { RateLimiter } from '../../../../src/core/scheduler/rate-limits/rate-limiter.js';
import { KeyUsage, totalUsage } from '../../../../src/core/telemetry/key-usage.js';
import { type MemoryBus, MemoryNetwork } from '../../../support/memory-bus.js';
import { settled } from '../../../support/settled.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const hourMs = 3_600_000;
const limits = { requestsPerMinute: 10, tokensPerMinute: 1000, tokensPerDay: 5000 };

class Front {
  readonly events = new Emitter<InferenceEvent>();
  readonly rates: RateLimiter;
  readonly usage: SharedUsage;

  constructor(
    id: string,
    readonly bus: MemoryBus,
    clock: VirtualClock,
    retentionMs: number,
  ) {
    this.rates = new RateLimiter(clock, new Map([['anna', limits]]));
    const bookOf = (events: Emitter<InferenceEvent>): KeyUsage =>
      new KeyUsage(events.subscribe, retentionMs, () => 1000.95 * hourMs + clock.now());
    this.usage = new SharedUsage({
      ...{ bus, id, clock, rates: this.rates, own: bookOf(this.events) },
      newBook: () => bookOf(new Emitter()),
      settled: (listener) =>
        this.events.subscribe((event) => {
          if (event.type === 'settled') listener(event.key ?? '');
        }),
    });
  }

  /** A request of a key comes and ends. */
  serve(key: string, tokens: number, model?: string): void {
    this.rates.take(key, 1);
    this.events.emit(settled(key, 'completed', tokens, model));
    this.rates.spend(key, tokens);
  }

  completed(key: string): number {
    return totalUsage(this.usage.hoursOf(key, 24)).requests.completed;
  }

  left(key: string): readonly (number | undefined)[] {
    const { requests, tokens } = this.rates.remaining(key);
    return [requests?.remaining, tokens?.remaining];
  }
}

describe('what keys use at several fronts', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let fronts: Front[];

  const start = (retentionMs = 24 * hourMs, maxPayloadBytes?: number): Front => {
    const front = new Front(`f${fronts.length}`, network.connect(maxPayloadBytes), clock, retentionMs);
    fronts.push(front);
    return front;
  };
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) await clock.advanceAsync(50);
  };

  beforeEach(() => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock, () => 0.5);
    fronts = [];
  });

  it('is the same at each of them, and counts against the limits that they have in common', async () => {
    const [one, other] = [start(), start()];
    await advance(1000);
    for (let request = 0; request < 6; request += 1) one.serve('anna', 50, 'm');
    await advance(500);
    for (let request = 0; request < 4; request += 1) other.serve('anna', 50);
    other.serve('ben', 6);
    await advance(500);
    for (const front of fronts) {
      expect(front.usage.names).toEqual(['anna', 'ben']);
      expect([front.completed('anna'), front.completed('ben')]).toEqual([10, 1]);
      expect(front.usage.hoursOf('anna', 1)).toMatchObject([{ startMs: 1000 * hourMs, outputTokens: 500 }]);
      expect(front.usage.hoursOf('anna', 1)[0]?.models.get('m')?.outputTokens).toBe(300);
      expect(front.left('anna')[0]).toBe(0);
      expect(front.left('anna')[1]).toBeCloseTo(515, -2);
      expect(() => {
        front.serve('anna', 50);
      }).toThrow('10 requests per minute');
    }
  });

  it('is known to a front that comes later, with what is left of a day', async () => {
    const one = start();
    for (let request = 0; request < 5; request += 1) {
      one.serve('anna', 1000);
      await advance(70_000);
    }
    const late = start();
    await advance(500);
    expect(late.completed('anna')).toBe(5);
    expect(one.rates.shortages[0]?.daily).toBeCloseTo(late.rates.shortages[0]?.daily ?? 0, 0);
    expect(late.rates.shortages[0]?.daily).toBeGreaterThan(4900);
    late.serve('anna', 1000);
    await advance(500);
    expect(() => {
      one.serve('anna', 1);
    }).toThrow('5000 tokens per day');
  });

  it('is made up for after messages were lost, and counted once if they come twice', async () => {
    const [one, other] = [start(), start()];
    await advance(1000);
    network.weather = { delayMs: [1, 20], lost: 0, repeated: 1 };
    one.serve('anna', 50);
    await advance(1000);
    expect(other.left('anna')[0]).toBe(9);
    expect(other.left('anna')[1]).toBeCloseTo(965, -1);
    network.weather = { delayMs: [1, 1], lost: 0, repeated: 0 };
    other.bus.silence = 'deaf';
    one.serve('anna', 100);
    one.serve('ben', 4);
    await advance(2000);
    other.bus.silence = 'none';
    expect(other.completed('anna')).toBe(1);
    await advance(8000);
    expect([other.completed('anna'), other.completed('ben')]).toEqual([2, 1]);
    expect(other.left('anna')).toEqual(one.left('anna'));
  });

  it('is told when NATS is back, and counts against the limits in full', async () => {
    const [one, other] = [start(), start()];
    await advance(1000);
    for (const { bus } of fronts) bus.isCut = true;
    for (let request = 0; request < 4; request += 1) {
      one.serve('anna', 50);
      other.serve('anna', 50);
    }
    await advance(2000);
    expect(fronts.map((front) => front.left('anna')[0])).toEqual([6, 6]);
    for (const { bus } of fronts) bus.isCut = false;
    await advance(1000);
    for (const front of fronts) {
      expect(front.completed('anna')).toBe(8);
      expect(front.left('anna')[0]).toBe(2);
    }
  });

  it('stays known when its front is gone, for as long as usage is kept', async () => {
    const [one, other] = [start(1), start(1)];
    await advance(1000);
    one.serve('anna', 50);
    one.usage.stop();
    await one.bus.close();
    await advance(60_000);
    expect(other.completed('anna')).toBe(1);
    await advance(180_000);
    expect(other.usage.names).toEqual([]);
  });

  it.each([16, 64])('of many keys is told in messages that NATS takes if it takes %d KiB', async (kibibytes) => {
    const [one, other] = [start(24 * hourMs, kibibytes * 1024), start(24 * hourMs, kibibytes * 1024)];
    await advance(1000);
    const keys = Array.from({ length: 400 }, (_, index) => `a-key-with-a-name-of-some-length-${index}`);
    for (const key of keys) one.serve(key, 50, 'm');
    await advance(1000);
    const late = start(24 * hourMs, kibibytes * 1024);
    await advance(1000);
    for (const front of [other, late]) expect(keys.map((key) => front.completed(key))).toEqual(keys.map(() => 1));
    expect(network.sent.largest).toBeLessThanOrEqual(kibibytes * 1024);
    expect(network.sent.messages).toBeLessThan(200);
  });

  it('of a key with more models than fit into a message is told without them', async () => {
    const [one, other] = [start(24 * hourMs, 16_384), start(24 * hourMs, 16_384)];
    await advance(1000);
    for (let model = 0; model < 200; model += 1) one.events.emit(settled('anna', 'completed', 6, `model-${model}`));
    one.events.emit(settled('ben', 'completed', 6, 'm'));
    await advance(1000);
    expect([other.completed('anna'), other.completed('ben')]).toEqual([200, 1]);
    expect(one.usage.hoursOf('anna', 1)[0]?.models.size).toBe(101);
    expect(other.usage.hoursOf('anna', 1)).toMatchObject([{ outputTokens: 1200, models: new Map() }]);
    expect(other.usage.hoursOf('ben', 1)[0]?.models.size).toBe(1);
  });

  it('is told in parts that fit into a message', () => {
    expect(batches([], 100)).toEqual([]);
    expect(batches(['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(200), 'd'], 100)).toEqual([
      ['a'.repeat(40), 'b'.repeat(40)],
      ['c'.repeat(200)],
      ['d'],
    ]);
  });
});
