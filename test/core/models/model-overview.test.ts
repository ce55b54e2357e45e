import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelCache } from '../../../src/core/models/model-cache.js';
import { listModels } from '../../../src/core/models/model-overview.js';
import { syntheticModel } from '../../support/gguf/index.js';

const options = { slots: 4, context: 'auto', cacheType: 'f16' } as const;

let folder: string;
let cache: ModelCache;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-overview-'));
  cache = new ModelCache(join(folder, 'models'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function record(path: string, bytes: number): void {
  cache.writeRecord(path, { source: 'https://example.com/a.gguf', files: [{ name: 'a.gguf', bytes, etag: null }] });
}

describe('the models that there are', () => {
  it('begin with the bundled one', async () => {
    const { folder: shown, models } = await listModels(options, { CHATSTREAM_CACHE: folder });
    expect(shown).toBe(join(folder, 'models'));
    expect(models).toMatchObject([{ name: 'bundled', status: 'bundled', file: { architecture: 'llama' } }]);
  });

  it('say what is in them and what they would take', async () => {
    const path = cache.pathOf({ type: 'url', url: 'https://example.com/a.gguf' });
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(await syntheticModel(), path);
    record(path, statSync(path).size);
    const { models } = await listModels({ ...options, context: 512 }, { CHATSTREAM_CACHE: folder });
    expect(models[1]).toMatchObject({
      name: 'a',
      source: 'https://example.com/a.gguf',
      status: 'cached',
      file: { architecture: 'llama', parameters: 139_584, quantisation: 'F16', trainedContextLength: 2048 },
      need: { contextLength: 512, slots: 4, weightBytes: statSync(path).size },
    });
  });

  it('include interrupted downloads and damaged files', async () => {
    const path = cache.pathOf({ type: 'url', url: 'https://example.com/a.gguf' });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'GGUF, but no model');
    record(path, 18);
    record(cache.partialPathOf(path), 5000);
    const { models } = await listModels(options, { CHATSTREAM_CACHE: folder });
    expect(models.slice(1)).toMatchObject([
      { status: 'damaged', problem: expect.stringContaining('incomplete') as string },
      { status: 'partial', bytes: 0, totalBytes: 5000, problem: null },
    ]);
  });
});
