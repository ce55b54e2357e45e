import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelCache } from '../../../src/core/models/model-cache.js';
import { removeModels } from '../../../src/core/models/remove-models.js';

let folder: string;
let environment: Record<string, string>;
let cache: ModelCache;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-remove-'));
  environment = { CHATSTREAM_CACHE: folder };
  cache = new ModelCache(join(folder, 'models'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Puts a model into the cache. @returns the path of its first file */
function keep(repository: string, ...names: [string, ...string[]]): string {
  const path = cache.pathOf({ type: 'hf-file', user: 'me', repository, branch: 'main', file: names[0] });
  mkdirSync(dirname(path), { recursive: true });
  for (const name of names) writeFileSync(join(dirname(path), name), 'GGUF');
  cache.writeRecord(path, {
    source: `hf:me/${repository}/${names[0]}`,
    files: names.map((name) => ({ name, bytes: 4, etag: null })),
  });
  return path;
}

describe('removing models', () => {
  it.each(['a', 'hf:me/one/a.gguf', 'hf:me/one:Q8_0', 'https://huggingface.co/me/one/blob/main/a.gguf'])(
    'takes %s for a name, and leaves the others',
    async (name) => {
      const path = keep('one', 'a.gguf');
      const other = keep('two', 'b.gguf');
      cache.remember({ user: 'me', repository: 'one', quantisation: 'Q8_0' }, 'a.gguf');
      expect(await removeModels([name], environment)).toMatchObject([{ source: 'hf:me/one/a.gguf', bytes: 4 }]);
      expect(existsSync(dirname(path))).toBe(false);
      expect(existsSync(other)).toBe(true);
    },
  );

  it('takes all parts of a split model', async () => {
    const parts = ['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf'] as const;
    const path = keep('one', ...parts);
    await removeModels(['big'], environment);
    expect(existsSync(dirname(path))).toBe(false);
  });

  it('removes what an interrupted download has left', async () => {
    const path = cache.partialPathOf(join(cache.folder, 'hf', 'me', 'one', 'a.gguf'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, 'GGUF');
    cache.writeRecord(path, { source: 'hf:me/one/a.gguf', files: [{ name: 'a.gguf', bytes: 9, etag: null }] });
    expect(await removeModels(['a'], environment)).toMatchObject([{ complete: false }]);
    expect(cache.list()).toEqual([]);
    expect(existsSync(join(cache.folder, 'partial'))).toBe(false);
  });

  it.each([
    ['../..', 'There is no model "../.." in the cache.', 'hf:me/one/a.gguf, hf:me/two/b.gguf'],
    ['c', 'There is no model "c" in the cache.', 'hf:me/one/a.gguf, hf:me/two/b.gguf'],
    ['bundled', 'part of the package', 'which ones can'],
  ])('refuses %s, and removes nothing then', async (name, message, hint) => {
    const path = keep('one', 'a.gguf');
    keep('two', 'b.gguf');
    await expect(removeModels(['a', name], environment)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
    expect(existsSync(path)).toBe(true);
  });

  it('says what is in the way', async () => {
    const path = keep('one', 'a.gguf');
    rmSync(path);
    mkdirSync(path);
    await expect(removeModels(['a'], environment)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/^hf:me\/one\/a\.gguf cannot be removed: /) as string,
    });
  });

  it('asks which one is meant', async () => {
    keep('one', 'a.gguf');
    keep('two', 'a.gguf');
    await expect(removeModels(['a'], environment)).rejects.toThrow('hf:me/one/a.gguf, hf:me/two/a.gguf');
  });
});
