import { expect, it } from 'vitest';
import { createLlamaEngine } from '../../../../src/core/engine/llama/llama-engine.js';
import type { Loading } from '../../../../src/core/engine/loading.js';
import { syntheticModel } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';

it('says what it does while it loads a model', async () => {
  const steps: Loading[] = [];
  const engine = createLlamaEngine(llamaOptions(await syntheticModel()), {
    onLoading: (loading) => steps.push(loading),
  });
  await engine.start();
  await engine.stop();
  expect(steps.map(({ step }) => step).filter((step, index, all) => step !== all[index - 1])).toEqual([
    'library',
    'weights',
    'context',
  ]);
  const percents = steps.flatMap((loading) => (loading.step === 'weights' ? [loading.percent] : []));
  expect(percents[0]).toBe(0);
  expect(percents.at(-1)).toBe(100);
  expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
});
