import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/core/base/clock.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { mockBench, mockOptions, specOf } from './mock-harness.js';

describe('mock engine, timing', () => {
  it('gives the first token after the prefill time and one more per round', () => {
    const { engine, clock, timeline } = mockBench();
    engine.generate(specOf('a', { maxTokens: 3 }));
    clock.advance(1000);
    expect(timeline()).toEqual(['20 started a', '20 token a', '30 token a', '40 ended a']);
  });

  it('advances all generations in one round, a late one from the round that begins after its first token', () => {
    const { engine, clock, timeline, rounds } = mockBench();
    engine.generate(specOf('a'));
    clock.advance(14);
    engine.generate(specOf('b', { maxTokens: 3 }));
    clock.advance(1000);
    expect(timeline()).toEqual([
      '20 started a',
      '20 token a',
      '30 token a',
      '34 started b',
      '34 token b',
      '40 token a',
      '50 token a',
      '50 token b',
      '60 ended a',
      '60 ended b',
    ]);
    expect(rounds.map(({ batchSize }) => batchSize)).toEqual([1, 1, 1, 1, 2, 2]);
    expect(rounds.map(({ durationMs }) => durationMs)).toEqual([20, 10, 20, 10, 10, 10]);
  });

  it('lets a first token at the end of a round take part in the next', () => {
    const { engine, clock, eventsOf, rounds } = mockBench();
    engine.generate(specOf('a', { maxTokens: 8 }));
    clock.advance(20);
    engine.generate(specOf('b', { maxTokens: 2 }));
    clock.advance(30);
    expect(eventsOf('b').map(({ type }) => type)).toEqual(['started', 'token', 'ended']);
    expect(rounds.map(({ atMs }) => atMs)).toEqual([20, 30, 40, 40, 50]);
  });

  it('puts first tokens that are due together into one round', () => {
    const { engine, clock, rounds } = mockBench();
    engine.generate(specOf('a'));
    engine.generate(specOf('b'));
    clock.advance(20);
    expect(rounds).toMatchObject([{ atMs: 20, batchSize: 2 }]);
  });

  it('is idle when nothing runs', () => {
    const { engine, clock, timeline } = mockBench();
    engine.generate(specOf('a', { maxTokens: 1 }));
    clock.advance(20);
    expect(clock.pending).toBe(0);
    clock.advance(7);
    engine.generate(specOf('b', { maxTokens: 2 }));
    clock.advance(100);
    expect(timeline()).toEqual(['20 started a', '20 ended a', '47 started b', '47 token b', '57 ended b']);
  });

  it('makes up for timers that fire late', () => {
    const clock = new VirtualClock();
    let lateMs = 3;
    const lateClock: Clock = {
      now: () => clock.now(),
      schedule: (delayMs, callback) => clock.schedule(delayMs + lateMs, callback),
    };
    const engine = createMockEngine(mockOptions, lateClock);
    const times: number[] = [];
    engine.rounds(() => times.push(clock.now()));
    engine.generate(specOf('a', { maxTokens: 8 }));
    clock.advance(50);
    expect(times).toEqual([23, 33, 43]);
    lateMs = 25;
    clock.advance(40);
    expect(times).toEqual([23, 33, 43, 53, 85, 85, 85]);
    lateMs = 0;
    clock.advance(100);
    expect(times.length).toBe(8);
  });

  it('does not drift when a round takes a fraction of a millisecond', () => {
    const { engine, clock, rounds } = mockBench({ tokenMs: 0.1, prefillMs: 0 });
    engine.generate(specOf('a', { maxTokens: 3001 }));
    clock.advance(299);
    expect(rounds.length).toBe(2991);
    clock.advance(1);
    expect(rounds.length).toBe(3001);
  });

  it('generates without pause when a round takes no time', () => {
    const { engine, clock, rounds } = mockBench({ tokenMs: 0, prefillMs: 0 });
    engine.generate(specOf('a', { maxTokens: 500 }));
    clock.advance(0);
    expect(rounds.length).toBe(500);
  });
});
