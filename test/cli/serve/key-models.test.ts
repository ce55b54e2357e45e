import { describe, expect, it } from 'vitest';
import { expectedNames, unknownModels } from '../../../src/cli/serve/key-models.js';
import { wantedModels } from '../../../src/cli/serve/options/several-models.js';
import { parseConfig } from '../../../src/core/config/read-config.js';

const text = `keys: [{ name: anna, sha256: ${'a'.repeat(64)}, models: [chat, nonesuch] }]\nanonymous: { models: [small] }`;
const access = parseConfig(text, 'c.yaml');

describe('models of keys', () => {
  it('that the server does not have are named, with what it has', () => {
    expect(unknownModels(access, ['chat', 'code'])).toEqual([
      expect.stringContaining(
        'the key "anna" may use a model "nonesuch", which this server does not have: it has chat, code.',
      ),
      expect.stringContaining('the key "anonymous" may use a model "small"'),
    ]);
  });

  it('are named too if only the extension is missing, which makes another name', () => {
    expect(unknownModels(access, ['chat', 'nonesuch.gguf', 'small'])).toEqual([
      expect.stringContaining('the key "anna" may use a model "nonesuch"'),
    ]);
  });

  it('are all there if it has them, with the extension of their files or without, or answers to any name', () => {
    const asFiles = { ...access, keys: access.keys.map((key) => ({ ...key, models: ['chat.gguf', 'nonesuch'] })) };
    expect(unknownModels(asFiles, ['chat', 'nonesuch', 'small'])).toEqual([]);
    expect(unknownModels(access, ['chat', 'nonesuch', 'small'])).toEqual([]);
    expect(unknownModels(access, ['code', '*'])).toEqual([]);
  });
});

describe('the names that models will have', () => {
  it.each([
    [
      ['chat=x', 'a/code.gguf', 'hf:user/repo/small.gguf'],
      ['chat', 'code', 'small', 'alias'],
    ],
    [['chat=x', 'hf:user/repo'], null],
    [['bundled'], null],
  ])('of %j are %j', (values, names) => {
    expect(
      expectedNames(
        wantedModels(values, () => false),
        ['alias'],
      ),
    ).toEqual(names);
  });
});
