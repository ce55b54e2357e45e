import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { reportDevice, reportPlan, reportWarnings } from '../../../src/cli/serve/model-log.js';
import type { LlamaEngineOptions } from '../../../src/core/engine/options.js';
import { engineInfoOf } from '../../support/engine-info.js';
import { syntheticModel } from '../../support/gguf/index.js';
import { llamaOptions } from '../../support/llama-options.js';

const info = engineInfoOf({
  modelId: 'small',
  contextLength: 2048,
  slots: 8,
  device: 'CPU (2 threads)',
  architecture: 'llama',
});

describe('what serve logs about its model', () => {
  const logged: Record<string, unknown>[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  );

  async function engine(changes: Partial<LlamaEngineOptions> = {}): Promise<LlamaEngineOptions> {
    return llamaOptions(await syntheticModel(), { threads: 2, prefillChunk: 64, ...changes });
  }

  beforeEach(() => {
    logged.length = 0;
  });

  it('is the memory and the settings that it is about to use', async () => {
    await reportPlan(await engine(), null, logger);
    // 2 layers × 2 heads × (16 + 16) values × 2 bytes, and 48 bytes of bookkeeping, for 2048 tokens.
    const cacheBytes = (2 * 2 * 32 * 2 + 48) * 2048;
    expect(logged).toEqual([
      expect.objectContaining({
        architecture: 'llama',
        parameters: 139_584,
        quantisation: 'F16',
        cache_bytes: cacheBytes,
        context: 512,
        slots: 4,
        gpu: 'off',
        threads: 2,
        msg: expect.stringMatching(
          /^loading: weights \d+ KiB, KV cache 608 KiB for 4 × 512 tokens in f16, prompt cache off, GPU off, threads 2$/,
        ) as string,
      }),
    ]);
  });

  it('leaves the size of an automatic prompt cache to the engine, so that there are not two', async () => {
    await reportPlan(await engine({ promptCache: 'auto' }), null, logger);
    expect(logged[0]?.['msg']).toContain(', prompt cache auto, ');
    expect(logged[0]).not.toHaveProperty('prompt_cache_bytes');
    logged.length = 0;
    await reportPlan(await engine({ promptCache: 2 ** 20 }), null, logger);
    expect(logged[0]).toMatchObject({ prompt_cache_bytes: 2 ** 20 });
  });

  it.each([{ context: 2 ** 40 }, { promptCache: 2 ** 50 }])(
    'includes a warning if %j may be more than is free',
    async (changes) => {
      await reportPlan(await engine(changes), null, logger);
      expect(logged.filter(({ available_bytes: available }) => available !== undefined)).toMatchObject([{ level: 40 }]);
    },
  );

  it.each([
    [
      'more than',
      2049,
      ['--context 2049 is more than the 2048 tokens that the model was trained for: answers get worse beyond that'],
    ],
    ['as much as', 2048, []],
    ['chosen automatically from what', 'auto', []],
  ] as const)('warns of a --context that is %s the model was trained for', async (_, context, messages) => {
    await reportPlan(await engine({ context, slots: 1 }), null, logger);
    const warnings = logged.filter(({ trained_context: trained }) => trained !== undefined);
    expect(warnings.map(({ msg }) => msg)).toEqual(messages);
    for (const warning of warnings) expect(warning).toMatchObject({ level: 40, trained_context: 2048, context });
  });

  it('is nothing for a file that the engine will have to refuse', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-report-'));
    const modelPath = join(folder, 'a.gguf');
    writeFileSync(modelPath, 'text');
    await reportPlan(await engine({ modelPath }), null, logger);
    expect(logged).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['auto', 'CPU (2 threads)', ['no usable GPU was found: generation runs on the CPU']],
    ['auto', 'CUDA: NVIDIA H200', []],
    ['auto', 'Vulkan: A GPU (0 of 33 layers) and CPU (2 threads)', []],
    ['off', 'CPU (2 threads)', []],
  ] as const)('says whether --gpu %s fell back (%s)', async (gpu, device, messages) => {
    reportDevice(await engine({ gpu }), { ...info, device }, logger);
    expect(logged.map(({ msg }) => msg)).toEqual(messages);
  });

  it('warns of what is wrong with the model', () => {
    reportWarnings({ ...info, warnings: ['It has no chat template.'] }, logger);
    expect(logged).toMatchObject([{ level: 40, msg: 'It has no chat template.' }]);
  });
});
