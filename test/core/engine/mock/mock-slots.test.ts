import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../../src/core/engine/engine.js';
import { mockBench, specOf } from './mock-harness.js';

function slotsOf(events: readonly GenerationEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'started' ? [event.slot] : []));
}

describe('mock engine, slots', () => {
  it('gives the lowest free slot', () => {
    const { engine, clock, rounds } = mockBench();
    for (const id of ['a', 'b', 'c']) engine.generate(specOf(id));
    engine.cancel('b');
    engine.generate(specOf('d'));
    clock.advance(20);
    expect(rounds.flatMap(({ events }) => slotsOf(events))).toEqual([0, 2, 1]);
  });

  it('fails generations that exceed the slots, but not the others', () => {
    const { engine, clock, timeline, eventsOf } = mockBench({ slots: 1 });
    engine.generate(specOf('a', { maxTokens: 1 }));
    engine.generate(specOf('b'));
    expect(timeline()).toEqual([]);
    clock.advance(100);
    expect(timeline()).toEqual(['0 failed b', '20 started a', '20 ended a']);
    expect(eventsOf('b')).toMatchObject([{ code: 'engine_failed', message: 'All 1 slots are taken.' }]);
  });

  it('can reuse the slot of a cancelled generation at once', () => {
    const { engine, clock, timeline } = mockBench({ slots: 1 });
    engine.generate(specOf('a'));
    clock.advance(25);
    engine.cancel('a');
    engine.generate(specOf('b', { maxTokens: 1 }));
    clock.advance(100);
    expect(timeline()).toEqual(['20 started a', '20 token a', '45 started b', '45 ended b']);
  });

  it('frees the slot of an ended generation before it reports the end', () => {
    const { engine, clock, timeline } = mockBench({ slots: 1 });
    engine.rounds(({ events }) => {
      if (events.some(({ type, id }) => type === 'ended' && id === 'a')) engine.generate(specOf('b', { maxTokens: 1 }));
    });
    engine.generate(specOf('a', { maxTokens: 2 }));
    clock.advance(100);
    expect(timeline()).toEqual(['20 started a', '20 token a', '30 ended a', '50 started b', '50 ended b']);
  });

  it('keeps the timing of the others when one is cancelled', () => {
    const { engine, clock, rounds } = mockBench();
    engine.generate(specOf('a'));
    engine.generate(specOf('b', { maxTokens: 3 }));
    clock.advance(25);
    engine.cancel('a');
    engine.cancel('a');
    clock.advance(100);
    expect(rounds.map(({ atMs }) => atMs)).toEqual([20, 30, 40]);
  });

  it('reports nothing more after it was stopped', async () => {
    const { engine, clock, rounds } = mockBench();
    engine.generate(specOf('a'));
    clock.advance(25);
    await engine.stop();
    engine.generate(specOf('b'));
    clock.advance(100);
    expect(rounds.length).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
