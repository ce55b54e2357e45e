import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineLog, importLibrary } from '../../../../../src/core/engine/llama/library/library.js';
import { createLlamaEngine } from '../../../../../src/core/engine/llama/llama-engine.js';
import type { LlamaEngineOptions } from '../../../../../src/core/engine/options.js';
import { syntheticModel } from '../../../../support/gguf/index.js';
import { llamaOptions } from '../../../../support/llama-options.js';
import { EngineHarness } from '../engine-harness.js';

let folder: string;
let modelPath: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-load-'));
  modelPath = await syntheticModel();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function failure(options: Partial<LlamaEngineOptions>): Promise<unknown> {
  const engine = createLlamaEngine(llamaOptions(modelPath, { slots: 2, context: 256, ...options }));
  try {
    await engine.start();
  } catch (error) {
    return error;
  }
  await engine.stop();
  throw new Error('it loaded');
}

async function copy(name: string, change: (path: string) => Promise<void>): Promise<string> {
  const path = join(folder, name);
  await copyFile(modelPath, path);
  await change(path);
  return path;
}

/** Replaces the first occurrence of a text by another of the same length. */
async function replace(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.write(to, bytes.indexOf(from), 'latin1');
  await writeFile(path, bytes);
}

describe('a model file', () => {
  it('that is missing', async () => {
    expect(await failure({ modelPath: join(folder, 'none.gguf') })).toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/none\.gguf cannot be opened: there is no such file/) as string,
    });
  });

  it('that is a folder', async () => {
    expect(await failure({ modelPath: folder })).toMatchObject({ code: 'model_unreadable' });
  });

  it('that is something else', async () => {
    const path = join(folder, 'text.gguf');
    await writeFile(path, '<!doctype html> Not found');
    expect(await failure({ modelPath: path })).toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('is not a GGUF file') as string,
    });
  });

  it('of an unknown version', async () => {
    const path = await copy('version.gguf', (path) => replace(path, 'GGUF\x03', 'GGUF\x09'));
    expect(await failure({ modelPath: path })).toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('version 9') as string,
    });
  });

  // Only llama.cpp notices the last one, and its messages reach only the first engine of a process (load-errors.test.ts).
  it.each([10, 100, 4000, 100_000, 292_000])('that ends after %i bytes', async (bytes) => {
    const path = await copy(`short-${bytes}.gguf`, (path) => truncate(path, bytes));
    expect(await failure({ modelPath: path })).toMatchObject({
      code: 'model_unreadable',
      hint: expect.stringContaining('download it again') as string,
    });
  });
});

describe('a split model', () => {
  it('is named by its first part', async () => {
    const path = await copy('big-00002-of-00003.gguf', () => Promise.resolve());
    expect(await failure({ modelPath: path })).toMatchObject({
      code: 'model_unreadable',
      hint: expect.stringContaining('-00001-of-00003.gguf') as string,
    });
  });

  it('has all its parts', async () => {
    const path = await copy('big-00001-of-00003.gguf', () => Promise.resolve());
    expect(await failure({ modelPath: path })).toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/big-0000[23]-of-00003\.gguf/) as string,
    });
  });
});

describe('a machine', () => {
  it('without memory for the slots', async () => {
    expect(await failure({ context: 40_000_000, slots: 64 })).toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(/64 slots of 40000000 tokens 7\d\d GiB\), [\d.]+ GiB more than the/) as string,
      hint: expect.stringMatching(/--context.*--slots/) as string,
    });
  });

  it('without the requested backend', async () => {
    expect(await failure({ gpu: 'metal' })).toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringContaining('Metal cannot be used') as string,
      hint: expect.stringContaining('off') as string,
      param: 'gpu',
    });
  });
});

describe('a loaded engine', () => {
  it('describes its model and device', async () => {
    const harness = await EngineHarness.start({ context: 'auto', slots: 3 }, { context: 1024 });
    expect(harness.info).toEqual({
      engine: 'llama',
      modelId: expect.stringMatching(/^synthetic-f16-[0-9a-f]+$/) as string,
      contextLength: 1024,
      slots: 3,
      device: 'CPU (1 thread)',
      architecture: 'llama',
      parameters: 139_584,
      trainedContextLength: 1024,
      vocabularySize: 512,
      promptCache: { status: 'off', reason: 'switched off by --prompt-cache 0' },
      fileBytes: expect.any(Number) as number,
      warnings: [],
      chatStop: [],
      chatTemplate: null,
    });
    await harness.stop();
  });

  it('limits an automatic context to 4096 tokens, but not a given one', async () => {
    const automatic = await EngineHarness.start({ context: 'auto', slots: 1 }, { context: 100_000 });
    expect(automatic.info).toMatchObject({ contextLength: 4096, trainedContextLength: 100_000 });
    await automatic.stop();
    const told = await EngineHarness.start({ context: 100, slots: 1 });
    expect(told.info).toMatchObject({ contextLength: 100 });
    const { tokens, end } = await told.runOne({ prompt: told.prompt(95), maxTokens: 50 });
    expect(tokens).toHaveLength(5);
    expect(end).toMatchObject({ reason: 'length' });
    await told.stop();
  });

  it('measures how many threads to use, and begins with empty slots', async () => {
    const harness = await EngineHarness.start({ threads: 'auto', slots: 2 });
    expect(harness.info?.device).toMatch(/^CPU \(\d+ threads?\)$/);
    const { started } = await harness.runOne({ prompt: [0, 1, 2] });
    expect(started?.cachedTokens).toBe(0);
    await harness.stop();
  });

  it.each(['q8_0', 'q4_0', 'bf16'] as const)('keeps its cache in %s', async (cacheType) => {
    const harness = await EngineHarness.start({ slots: 2, cacheType }, { dim: 128 });
    const { tokens } = await harness.runOne({ prompt: harness.prompt(20), maxTokens: 5 });
    expect(tokens).toHaveLength(5);
    await harness.stop();
  });

  it('reports heads that do not suit the type of the cache', async () => {
    expect(await failure({ cacheType: 'q8_0' })).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('attention heads have 16') as string,
      hint: expect.stringContaining('--cache-type f16') as string,
    });
  });

  it.each(['on', 'off'] as const)('computes with flash attention %s', async (flashAttention) => {
    const harness = await EngineHarness.start({ slots: 1, flashAttention });
    const { tokens } = await harness.runOne({ prompt: harness.prompt(20), maxTokens: 5 });
    expect(tokens).toHaveLength(5);
    await harness.stop();
  });

  it("decodes by the library's own dispatcher, and says so, if its parts have moved", async () => {
    const { LlamaContext } = await importLibrary();
    const decode: unknown = Reflect.get(LlamaContext.prototype, '_decodeTokens');
    const messages: string[] = [];
    const log: EngineLog = (_, message) => messages.push(message);
    const engine = createLlamaEngine(llamaOptions(modelPath, { slots: 2, context: 256 }), { log });
    Reflect.set(LlamaContext.prototype, '_decodeTokens', undefined);
    try {
      await engine.start();
    } finally {
      Reflect.set(LlamaContext.prototype, '_decodeTokens', decode);
    }
    expect(messages).toContainEqual(expect.stringMatching(/^node-llama-cpp [\d.]+ does not let us decode rounds/));

    const tokens: number[] = [];
    const ended = new Promise<void>((resolve) => {
      engine.rounds(({ events }) => {
        for (const event of events) {
          if ('token' in event && event.token !== null) tokens.push(event.token);
          if (event.type === 'ended') resolve();
        }
      });
    });
    const harness = await EngineHarness.start();
    const spec = harness.spec({ maxTokens: 6 });
    engine.generate(spec);
    await ended;
    await engine.stop();
    const [direct] = await harness.run(spec);
    expect(tokens).toEqual(direct?.tokens);
    await harness.stop();
  });

  it('can be started only once', async () => {
    const harness = await EngineHarness.start({ slots: 1 });
    await expect(harness.engine.start()).rejects.toMatchObject({ code: 'internal' });
    await harness.stop();
  });
});
