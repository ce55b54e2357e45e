import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHarness } from './engine-harness.js';

let harness: EngineHarness;
beforeAll(async () => {
  harness = await EngineHarness.start({ prefillChunk: 128, tpotTargetMs: 0.001 });
});
afterAll(async () => {
  await harness.stop();
});

describe('rounds with a target that cannot be met', () => {
  it('read a 128th of a chunk beside a generation that decodes, and a whole one where none does', async () => {
    const running = harness.spec({ maxTokens: 60 });
    harness.engine.generate(running);
    await harness.event(running.id, 'token');
    const ended = harness.end(running.id);
    const before = harness.rounds.length;
    await harness.run(harness.spec({ prompt: harness.prompt(20, 1), maxTokens: 1 }));
    const beside = harness.rounds.slice(before).filter(({ batchSize }) => batchSize === 2);
    expect(beside).toHaveLength(20);
    await ended;

    const alone = harness.rounds.length;
    await harness.run(harness.spec({ prompt: harness.prompt(100, 2), maxTokens: 1 }));
    expect(harness.rounds).toHaveLength(alone + 1);
    const chunks = harness.rounds.flatMap(({ prefillChunk }) => prefillChunk ?? []);
    expect(chunks).toEqual([128, 1, 128]);
  });
});
