import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { modelsJson, modelsTable } from '../../../src/cli/models/table.js';
import type { ModelList, ModelOverview } from '../../../src/core/models/model-overview.js';

const bundled: ModelOverview = {
  name: 'bundled',
  source: 'bundled',
  path: '/package/models/bundled.gguf',
  status: 'bundled',
  bytes: 3_772_032,
  totalBytes: 3_772_032,
  file: {
    fileBytes: 3_772_032,
    architecture: 'llama',
    parameters: 3_431_232,
    quantisation: 'Q8_0',
    trainedContextLength: 2048,
    positions: null,
    cache: { valuesPerToken: 1344, headLengths: [32, 32], plain: true },
  },
  need: {
    contextLength: 2048,
    slots: 4,
    cacheType: 'f16',
    weightBytes: 3_772_032,
    trainedContextLength: 2048,
    cacheBytes: { least: 22_413_312, most: 22_413_312 },
  },
  problem: null,
};

const long: ModelOverview = {
  ...bundled,
  name: 'A-Model-With-A-Very-Long-Name-Indeed-30B-A3B-Instruct-2507-UD-Q4_K_XL',
  source: `hf:somebody/${'A-Repository-With-A-Very-Long-Name-'.repeat(3)}GGUF/file.gguf`,
  status: 'cached',
};

const partial: ModelOverview = {
  ...bundled,
  name: 'half',
  source: 'https://example.com/half.gguf',
  status: 'partial',
  bytes: 500,
  totalBytes: 1000,
  file: null,
  need: null,
};

const kept = { status: 'on', folder: '/dev/shm', limitBytes: 3 * 2 ** 30 } as const;

function list(...models: ModelOverview[]): ModelList {
  return { folder: '/cache/models', models };
}

describe('the table of models', () => {
  it('has a line for each', () => {
    const [head, line] = modelsTable(list(bundled), 4, kept).split('\n');
    expect(head).toMatch(/^model +size +kind +weights +format +context +memory$/);
    expect(line).toMatch(/^bundled +3\.6 MiB +llama +3\.4M +Q8_0 +2048 +25\.0 MiB$/);
  });

  it('shows no control characters that a file or its name contains', () => {
    const hostile = 'x\u001b]0;y\u0007\u202e';
    const file = bundled.file === null ? null : { ...bundled.file, architecture: hostile, quantisation: hostile };
    const text = modelsTable(list({ ...bundled, name: hostile, file, problem: `It is ${hostile}.` }), 4, kept);
    expect(text).toContain('It is x ]0;y .');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('fits 100 columns', () => {
    const lines = modelsTable(list(bundled, long, partial), 4, kept).split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.join('').replaceAll(/\s/g, '')).toContain(long.source);
  });

  it('lines up names in full-width characters, and wraps them by their width', () => {
    const named = (name: string): ModelOverview => ({ ...bundled, name });
    const lines = modelsTable(list(named('日本語モデル'), named('日本語モデル'.repeat(5)), bundled), 4, kept).split(
      '\n',
    );
    const rows = lines.filter((line) => line.includes('3.6 MiB'));
    const before = rows.map((line) => stringWidth(line.slice(0, line.indexOf('3.6 MiB'))));
    expect(before).toEqual([38, 38, 38]);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['日本語モデル', '日本語モデル'.repeat(3), '日本語モデル'.repeat(2)]),
    );
  });

  it('marks what is not certain', () => {
    const need = { ...long.need, cacheBytes: { least: 0, most: 22_413_312 } };
    const sliding: ModelOverview = {
      ...bundled,
      need: {
        contextLength: 2048,
        trainedContextLength: 2048,
        slots: 4,
        cacheType: 'f16',
        weightBytes: 3_772_032,
        ...need,
      },
    };
    expect(modelsTable(list(sliding), 4, kept)).toContain('up to 25.0 MiB');
  });

  it('shows the progress of a partial download, and how to resume it', () => {
    const table = modelsTable(list(bundled, partial), 4, kept);
    expect(table).toMatch(/half +50 % +partial\n +https:\/\/example\.com\/half\.gguf/);
    expect(table).toContain('chatstream models pull SOURCE');
  });

  it('says why a file cannot be used', () => {
    const damaged: ModelOverview = { ...partial, status: 'damaged', problem: 'It is incomplete.' };
    expect(modelsTable(list(bundled, damaged), 4, kept)).toMatch(/damaged\n +It is incomplete\./);
  });

  it('tells newcomers how to get a model', () => {
    const table = modelsTable(list(bundled), 4, kept);
    expect(table).toContain('/cache/models');
    expect(table).toContain('chatstream models pull hf:USER/REPOSITORY');
  });
});

describe('the models for scripts', () => {
  it('have everything in bytes and tokens', () => {
    expect(modelsJson(list(bundled, partial), kept)).toEqual({
      prompt_cache_bytes: 3 * 2 ** 30,
      folder: '/cache/models',
      models: [
        {
          name: 'bundled',
          source: 'bundled',
          path: '/package/models/bundled.gguf',
          status: 'bundled',
          bytes: 3_772_032,
          total_bytes: 3_772_032,
          architecture: 'llama',
          parameters: 3_431_232,
          quantisation: 'Q8_0',
          trained_context: 2048,
          memory: {
            slots: 4,
            context: 2048,
            cache_type: 'f16',
            weight_bytes: 3_772_032,
            cache_bytes_least: 22_413_312,
            cache_bytes_most: 22_413_312,
          },
          problem: null,
        },
        expect.objectContaining({ name: 'half', status: 'partial', bytes: 500, total_bytes: 1000, memory: null }),
      ],
    });
  });
});
