import { describe, expect, it } from 'vitest';
import { checkAliases, servedEngines, wantedModels } from '../../../../src/cli/serve/options/several-models.js';
import type { MockEngineOptions } from '../../../../src/core/engine/options.js';
import { memoryFileSystem } from '../../../../src/core/engine/prompt-cache/state-files.js';
import { syntheticModel } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';

const mock: MockEngineOptions = { engine: 'mock', slots: 4, context: 'auto', prefillMs: 1, tokenMs: 1, reply: 'round' };

/** Whatever is loaded at the start stays. */
const stays = { maxLoaded: undefined, idleUnloadMs: 0 };

function mocks(...values: string[]): (ReturnType<typeof wantedModels>[number] & { engine: MockEngineOptions })[] {
  return wantedModels(values).map((each) => ({ ...each, engine: mock }));
}

describe('--model', () => {
  it.each([
    ['chat=a.gguf', 'chat', 'a.gguf'],
    ['qwen-2.5_x=hf:Qwen/Qwen3:Q8_0', 'qwen-2.5_x', 'hf:Qwen/Qwen3:Q8_0'],
    ['a=https://host/m.gguf?x=1', 'a', 'https://host/m.gguf?x=1'],
    ['https://host/m.gguf?x=1', null, 'https://host/m.gguf?x=1'],
    ['./a=b.gguf', null, './a=b.gguf'],
    ['hf:Qwen/Qwen3:Q8_0', null, 'hf:Qwen/Qwen3:Q8_0'],
  ])('%s has the name %s and the source %s', (value, name, source) => {
    expect(wantedModels([value])).toEqual([{ name, source }]);
  });

  it('takes a file whose name looks like a name and a model for a file', () => {
    expect(wantedModels(['a=b.gguf'], () => true)).toEqual([{ name: null, source: 'a=b.gguf' }]);
  });

  it('is served as it always was if there is one without a name', async () => {
    expect(await servedEngines(mocks('bundled'), stays)).toEqual({ engine: mock });
  });

  it.each([
    ['several', ['chat=x', 'code=y'], undefined, 0, ['chat', 'code'], 2],
    ['one with a name', ['chat=x'], undefined, 0, ['chat'], 1],
    ['one that is unloaded when it is idle', ['bundled'], undefined, 60_000, ['mock'], 1],
    ['one with --max-loaded', ['bundled'], 5, 0, ['mock'], 1],
    ['files that name their models', ['x/a.gguf', 'b.gguf'], 1, 0, ['a', 'b'], 1],
  ])('has a line for each model: %s', async (_case, values, maxLoaded, idleUnloadMs, names, most) => {
    const { models } = await servedEngines(mocks(...values), { maxLoaded, idleUnloadMs });
    expect(models?.models.map(({ name }) => name)).toEqual(names);
    expect(models).toMatchObject({ maxLoaded: most, idleUnloadMs });
  });

  it.each([
    ['', 'model'],
    [' ', 'model'],
    ['chat=', 'model'],
    ['=x.gguf', 'name before its "="'],
  ])('refuses "%s", which has no %s', (value, half) => {
    expect(() => wantedModels([value], () => false)).toThrow(`--model "${value}" has no ${half}.`);
  });

  it.each(['code', 'code.gguf'])('refuses an alias %s that is the name of another model than the first', (alias) => {
    expect(() => {
      checkAliases([alias], ['chat', 'code']);
    }).toThrow(`--alias ${alias} is the name of another model`);
    checkAliases([alias], ['code', 'chat']);
    checkAliases([alias], [null, null]);
  });

  it('refuses two models of one name', async () => {
    expect(() => wantedModels(['a=x', 'a=y'])).toThrow('Two models have the name "a".');
    await expect(servedEngines(mocks('a=x', 'y/a.gguf'), stays)).rejects.toThrow('Two models have the name "a".');
  });

  it.skipIf(memoryFileSystem() === null)('refuses prompt caches that only one of the models could have', async () => {
    const modelPath = await syntheticModel();
    const usable = memoryFileSystem()?.freeBytes ?? 0;
    const engine = llamaOptions(modelPath, { promptCache: Math.floor(usable * 0.6) });
    const both = ['a', 'b'].map((name) => ({ name, source: modelPath, engine }));
    await expect(servedEngines(both, stays)).rejects.toThrow(/--prompt-cache .* for each of 2 models does not fit/);
    const { models } = await servedEngines(both, { ...stays, maxLoaded: 1 });
    expect(models?.models).toHaveLength(2);
  });

  it('forecasts the memory of each model: weights, slots and prompt cache', async () => {
    const modelPath = await syntheticModel();
    const forecast = async (changes: Parameters<typeof llamaOptions>[1], replicas = 1): Promise<number> => {
      const engine = llamaOptions(modelPath, changes);
      const { models } = await servedEngines([{ name: 'a', source: modelPath, engine }], stays, replicas);
      const [model] = models?.models ?? [];
      if (model === undefined) throw new Error('There is no model.');
      expect(model.forecastBytes).toBeGreaterThan(model.fileBytes * replicas);
      return model.forecastBytes;
    };
    const least = await forecast({});
    expect(await forecast({ promptCache: 1_000_000 })).toBe(least + 1_000_000);
    expect(await forecast({ slots: 8 })).toBeGreaterThan(least);
    expect(await forecast({}, 2)).toBeGreaterThan(least);
  });
});
