import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../../src/core/engine/engine.js';
import { installedVersion } from '../../../../src/core/engine/llama/library/library.js';
import { EngineHarness } from './engine-harness.js';

let harness: EngineHarness;
beforeAll(async () => {
  harness = await EngineHarness.start();
});
beforeEach(() => {
  harness.rounds.length = 0;
  harness.batches.length = 0;
});
afterAll(async () => {
  await harness.stop();
});

const ids = (events: readonly GenerationEvent[]): string[] => events.map(({ id }) => id);

describe('rounds', () => {
  it('give every running generation one token, in one batch', async () => {
    const specs = [0, 1, 2, 3].map((seed) => harness.spec({ prompt: harness.prompt(4, seed), maxTokens: 10 }));
    await harness.run(...specs);

    const version = `node-llama-cpp ${installedVersion()}: its dispatcher does not decode a round as one batch`;
    expect(harness.rounds).toHaveLength(10);
    for (const round of harness.rounds) {
      expect(round.batchSize).toBe(4);
      const tokens = round.events.filter(({ type }) => type === 'token' || type === 'ended');
      expect(ids(tokens).toSorted()).toEqual(specs.map(({ id }) => id).toSorted());
      expect(round.durationMs).toBeGreaterThan(0);
    }
    expect(harness.batches, version).toEqual(harness.rounds.map(({ batchSize }) => batchSize));
  });

  it('include a new generation while others are running', async () => {
    const first = harness.spec({ maxTokens: 12 });
    const second = harness.spec({ prompt: harness.prompt(4, 1), maxTokens: 4 });
    harness.engine.generate(first);
    await harness.event(first.id, 'token');
    const ended = harness.end(first.id);
    await harness.run(second);
    await ended;

    expect(harness.outcome(first.id).tokens).toHaveLength(12);
    expect(harness.outcome(second.id).tokens).toHaveLength(4);
    expect(harness.rounds).toHaveLength(12);
    expect(harness.batches).toEqual(harness.rounds.map(({ batchSize }) => batchSize));
    expect(harness.batches.filter((batchSize) => batchSize === 2)).toHaveLength(4);
  });

  it('report a start once, before the first token, and until then how far the prompt has been read', async () => {
    const spec = harness.spec({ prompt: harness.prompt(40, 20), maxTokens: 3 });
    await harness.run(spec);
    // 40 tokens are three chunks of at most 16.
    expect(harness.events(spec.id).map(({ type }) => type)).toEqual(['started', 'token', 'token', 'ended']);
    expect(harness.rounds.map(({ events }) => ids(events).length)).toEqual([1, 0, 1, 1, 1]);
    const { id } = spec;
    const read = harness.rounds.map(({ prefills }) => prefills);
    expect(read).toEqual([[{ id, tokens: 16 }], [{ id, tokens: 32 }], undefined, undefined, undefined]);
  });

  it('go on for other generations while a long prompt is prefilled', async () => {
    const short = harness.spec({ maxTokens: 20 });
    harness.engine.generate(short);
    await harness.event(short.id, 'token');
    const ended = harness.end(short.id);
    const before = harness.rounds.length;
    const long = harness.spec({ prompt: harness.prompt(16 * 5, 1), maxTokens: 1 });
    await harness.run(long);
    await ended;

    const during = harness.rounds.slice(before, before + 5);
    for (const round of during) {
      expect(round.batchSize).toBe(2);
      expect(ids(round.events)).toContain(short.id);
    }
    expect(harness.batches).toEqual(harness.rounds.map(({ batchSize }) => batchSize));
  });

  it('prefill first come, first served, within one chunk per round, but a short prompt passes long ones', async () => {
    const first = harness.spec({ prompt: harness.prompt(32, 21), maxTokens: 1 });
    const second = harness.spec({ prompt: harness.prompt(20, 22), maxTokens: 1 });
    const third = harness.spec({ prompt: harness.prompt(4, 23), maxTokens: 1 });
    await harness.run(first, second, third);
    // 0+0+4, 16+0+0, 16+0+0, 0+16+0, 0+4+0.
    const order = harness.rounds.map(({ events }) => events.map(({ id, type }) => `${id} ${type}`).toSorted());
    expect(order).toEqual([
      [`${third.id} ended`, `${third.id} started`],
      [`${first.id} started`],
      [`${first.id} ended`],
      [`${second.id} started`],
      [`${second.id} ended`],
    ]);
    expect(harness.rounds.map(({ batchSize }) => batchSize)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('rounds on several threads', () => {
  let parallel: EngineHarness;
  beforeAll(async () => {
    parallel = await EngineHarness.start({ threads: 2 });
  });
  beforeEach(() => {
    parallel.rounds.length = 0;
    parallel.batches.length = 0;
  });
  afterAll(async () => {
    await parallel.stop();
  });

  it('are reported when the next one computes, and the last one at once', async () => {
    const begun: number[] = [];
    const unsubscribe = parallel.engine.rounds(() => begun.push(parallel.batches.length));
    await parallel.run(parallel.spec({ maxTokens: 4 }));
    unsubscribe();
    expect(begun).toEqual([2, 3, 4, 4]);
    expect(parallel.rounds.flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
      ...['started', 'token', 'token', 'token'],
      'ended',
    ]);
  });

  it('are reported at once where a generation ends, as its slot is for another one', async () => {
    const short = parallel.spec({ maxTokens: 3 });
    const long = parallel.spec({ prompt: parallel.prompt(4, 1), maxTokens: 6 });
    let begun = 0;
    const unsubscribe = parallel.engine.rounds(({ events }) => {
      if (events.some(({ id, type }) => id === short.id && type === 'ended')) begun = parallel.batches.length;
    });
    await parallel.run(short, long);
    unsubscribe();
    expect(begun).toBe(3);
  });

  it('report nothing of a generation that is cancelled before they are reported', async () => {
    const victim = parallel.spec({ prompt: parallel.prompt(4, 2), maxTokens: 400 });
    const other = parallel.spec({ prompt: parallel.prompt(4, 3), maxTokens: 12 });
    parallel.engine.generate(victim);
    parallel.engine.generate(other);
    await parallel.event(victim.id, 'token');
    parallel.engine.cancel(victim.id);
    const known = parallel.events(victim.id).length;
    await parallel.end(other.id);
    expect(parallel.events(victim.id)).toHaveLength(known);
    expect(parallel.outcome(other.id).tokens).toHaveLength(12);
  });
});

describe('cancel', () => {
  it('frees the slot for a generation that is started in the same iteration of the event loop', async () => {
    const running = [0, 1, 2, 3].map((seed) => harness.spec({ prompt: harness.prompt(4, seed), maxTokens: 400 }));
    for (const spec of running) harness.engine.generate(spec);
    const [victim] = running;
    await harness.event(victim?.id ?? '', 'token');

    harness.engine.cancel(victim?.id ?? '');
    const roundsBefore = harness.rounds.length;
    const newcomer = harness.spec({ prompt: harness.prompt(4, 5), maxTokens: 3 });
    const [outcome] = await harness.run(newcomer);

    expect(outcome?.end).toMatchObject({ type: 'ended', reason: 'length' });
    expect(outcome?.started?.slot).toBe(0);
    expect(harness.events(victim?.id ?? '', roundsBefore)).toEqual([]);
    for (const { id } of running) harness.engine.cancel(id);
    await harness.runOne({ maxTokens: 1 });
  });

  it('suppresses the events of the round during which it was called', async () => {
    const spec = harness.spec({ maxTokens: 400 });
    harness.engine.generate(spec);
    await harness.event(spec.id, 'token');
    // The next round has begun after one iteration of the event loop.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    harness.engine.cancel(spec.id);
    const before = harness.events(spec.id).length;
    await harness.runOne({ maxTokens: 5 });
    expect(harness.events(spec.id)).toHaveLength(before);
  });

  it('keeps the prefilled tokens for the next prompt with the same beginning', async () => {
    const prompt = harness.prompt(200, 11);
    const cancelled = harness.spec({ prompt });
    harness.engine.generate(cancelled);
    await harness.event(cancelled.id, 'started');
    harness.engine.cancel(cancelled.id);

    const resumed = await harness.runOne({ prompt });
    expect(resumed.started?.cachedTokens).toBeGreaterThanOrEqual(16);
    expect(resumed.started?.cachedTokens).toBeLessThan(199);
    // The chunk that was being evaluated is complete.
    expect((resumed.started?.cachedTokens ?? 0) % 16).toBe(0);
  });

  it('ignores ids that are not running', async () => {
    harness.engine.cancel('nobody');
    const { end } = await harness.runOne({ maxTokens: 2 });
    expect(end).toMatchObject({ type: 'ended' });
  });

  it('drops a generation that has not begun', async () => {
    const spec = harness.spec();
    harness.engine.generate(spec);
    harness.engine.cancel(spec.id);
    await harness.runOne({ maxTokens: 2 });
    expect(harness.events(spec.id)).toEqual([]);
  });

  it('does not lose a slot in a hundred repetitions', async () => {
    for (let time = 0; time < 100; time++) {
      const spec = harness.spec({ prompt: harness.prompt(1 + (time % 40), time), maxTokens: 400 });
      harness.engine.generate(spec);
      if (time % 3 !== 0) await harness.event(spec.id, time % 3 === 1 ? 'started' : 'token');
      harness.engine.cancel(spec.id);
    }
    const specs = [0, 1, 2, 3].map((seed) => harness.spec({ prompt: harness.prompt(4, seed), maxTokens: 3 }));
    const outcomes = await harness.run(...specs);
    expect(outcomes.map(({ end }) => end.type)).toEqual(['ended', 'ended', 'ended', 'ended']);
    expect(new Set(outcomes.map(({ started }) => started?.slot)).size).toBe(4);
  });
});

describe('what cannot run', () => {
  it('fails alone if there is no free slot', async () => {
    const specs = [0, 1, 2, 3, 4].map((seed) => harness.spec({ prompt: harness.prompt(4, seed), maxTokens: 3 }));
    const outcomes = await harness.run(...specs);
    expect(outcomes.map(({ end }) => end.type)).toEqual(['ended', 'ended', 'ended', 'ended', 'failed']);
    expect(outcomes[4]?.end).toMatchObject({ code: 'internal' });
  });

  it('fails if the prompt leaves no room for output', async () => {
    const { end, started } = await harness.runOne({ prompt: harness.prompt(512) });
    expect(end).toMatchObject({ type: 'failed', code: 'context_length_exceeded' });
    expect(started).toBeUndefined();
  });

  it('fails with an empty prompt, or with numbers that are not tokens', async () => {
    expect((await harness.runOne({ prompt: [1, 512] })).end).toMatchObject({ type: 'failed', code: 'invalid_request' });
    expect((await harness.runOne({ prompt: [] })).end).toMatchObject({ type: 'failed', code: 'invalid_request' });
  });
});

describe('a failure inside the library', () => {
  it('ends the generations of that batch, but not the engine', async () => {
    const specs = [0, 1].map((seed) => harness.spec({ prompt: harness.prompt(4, 30 + seed), maxTokens: 400 }));
    const [first, second] = specs.map((spec) => harness.end(spec.id));
    for (const spec of specs) harness.engine.generate(spec);
    await harness.event(specs[0]?.id ?? '', 'token');
    harness.failingBatches = 1;
    const failed = { type: 'failed', code: 'engine_failed', message: 'no such luck' };
    expect(await first).toMatchObject(failed);
    expect(await second).toMatchObject(failed);

    // Their slots were cleared and can be used again.
    const again = await harness.runOne({ prompt: harness.prompt(4, 30), maxTokens: 2 });
    expect(again.started?.cachedTokens).toBe(0);
    expect(again.end).toMatchObject({ type: 'ended' });
  });

  it('ends a generation that cannot be resumed with its grammar', async () => {
    const { end } = await harness.runOne({
      format: { type: 'json_schema', schema: { const: 'a' } },
      resumeAfter: [120, 120],
    });
    expect(end).toMatchObject({ type: 'failed', code: 'engine_failed' });
  });
});

describe('stop', () => {
  it('ends a running generation after its round, and refuses later ones', async () => {
    const own = await EngineHarness.start({ slots: 1 });
    const spec = own.spec({ maxTokens: 400 });
    own.engine.generate(spec);
    await own.event(spec.id, 'token');
    await own.stop();
    const rounds = own.rounds.length;
    expect(() => {
      own.engine.generate(own.spec());
    }).toThrow(expect.objectContaining({ code: 'engine_unavailable' }));
    await expect(own.engine.tokenize('a')).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(own.rounds).toHaveLength(rounds);
    await own.stop();
  });
});
