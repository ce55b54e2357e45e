import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../../src/core/base/clock.js';
import { importLibrary } from '../../../../../src/core/engine/llama/library/library.js';
import { type LoadedModel, loadModel } from '../../../../../src/core/engine/llama/loading/load.js';
import { warmUp } from '../../../../../src/core/engine/llama/loading/warm-up.js';
import { syntheticModel } from '../../../../support/gguf/index.js';
import { llamaOptions } from '../../../../support/llama-options.js';

const batches: number[] = [];
let loaded: LoadedModel;
beforeAll(async () => {
  const options = llamaOptions(await syntheticModel(), { slots: 3, context: 64, prefillChunk: 16 });
  loaded = await loadModel(await importLibrary(), options, {
    clock: systemClock,
    log: () => undefined,
    onBatch: (size) => batches.push(size),
  });
});
afterAll(async () => {
  await loaded.dispose();
});

describe('warmUp', () => {
  it.each([
    ['a chunk of a prompt', 16],
    ['no more than a slot holds', 1000],
  ])('computes %s in a round of all slots, and leaves them empty', async (_, chunkTokens) => {
    batches.length = 0;
    await warmUp(loaded.sequences, chunkTokens);
    expect(Math.max(...batches)).toBe(3);
    expect(loaded.sequences.map(({ nextTokenIndex }) => nextTokenIndex)).toEqual([0, 0, 0]);
  });
});
