import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelCache } from '../../../src/core/models/model-cache.js';
import { isSame, type ModelRecord, readRecord } from '../../../src/core/models/model-record.js';

let folder: string;
let cache: ModelCache;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-cache-'));
  cache = new ModelCache(join(folder, 'models'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the cache of models', () => {
  it.each(['..', '../..', 'a/../../..'])(
    'writes nothing outside its folder, whatever a repository is called: %s',
    (user) => {
      const leaving = expect.objectContaining({ code: 'usage' }) as Error;
      const source = { user, repository: '..', quantisation: 'Q4_K_M' };
      expect(() => {
        cache.remember(source, 'a.gguf');
      }).toThrow(leaving);
      expect(() => cache.rememberedFile(source)).toThrow(leaving);
      const path = cache.pathOf({ type: 'hf-file', ...source, branch: '..', file: '../../a.gguf' });
      expect(cache.relativePath(path).split(/[\\/]/)).not.toContain('..');
      expect(existsSync(cache.folder)).toBe(false);
    },
  );

  it.each(['../../victim', '..', '/victim', 'a\\b'])('ignores a record that names the file %s', (name) => {
    const path = join(cache.folder, 'hf', 'me', 'one', 'a.gguf');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(join(folder, 'victim'), '');
    writeFileSync(
      `${path}.json`,
      JSON.stringify({ source: 'hf:me/one/a.gguf', files: [{ name, bytes: 0, etag: null }] }),
    );
    expect(cache.list()).toEqual([]);
    cache.remove(path);
    expect(existsSync(join(folder, 'victim'))).toBe(true);
  });

  it('does not remember a file that leads out of the repository', () => {
    const source = { user: 'me', repository: 'one', quantisation: 'Q4_K_M' };
    cache.remember(source, '../../a.gguf');
    expect(cache.rememberedFile(source)).toBeNull();
  });

  it('tells sources apart that have to share a path', () => {
    const [one, two] = ['a:b', 'a?b'].map((file) => `https://example.com/${encodeURIComponent(file)}.gguf`);
    const paths = [one, two].map((url) => cache.pathOf({ type: 'url', url: url ?? '' }));
    expect(new Set(paths).size).toBe(1);
    const path = paths[0] ?? '';
    cache.writeRecord(path, { source: one ?? '', files: [{ name: 'a_b.gguf', bytes: 4, etag: null }] });
    writeFileSync(path, 'GGUF');
    expect(cache.complete(path, one ?? '')).not.toBeNull();
    expect(cache.complete(path, two ?? '')).toBeNull();
  });

  it('shows no secrets that an older version recorded', () => {
    const path = join(cache.folder, 'url', 'example.com', 'a.gguf');
    const source = 'https://me:secret@example.com/a.gguf?sig=secret';
    cache.writeRecord(path, { source, files: [{ name: 'a.gguf', bytes: 4, etag: null }] });
    expect(readRecord(path)?.source).toBe('https://example.com/a.gguf');
  });
});

describe('a record', () => {
  const record = (etag: string | null, sha256?: string | null): ModelRecord => ({
    source: 'hf:me/one/a.gguf',
    files: [{ name: 'a.gguf', bytes: 4, etag, ...(sha256 !== undefined && { sha256 }) }],
  });

  it.each([
    ['the same etag', record('1'), record('1'), true],
    ['another etag', record('1'), record('2'), false],
    ['another etag and the same hash', record('1', 'a'), record('2', 'a'), true],
    ['the same etag and another hash', record('1', 'a'), record('1', 'b'), false],
    ['a hash where the older version had none', record('1'), record('1', 'a'), true],
  ])('with %s', (_, one, two, same) => {
    expect(isSame(one, two.files)).toBe(same);
  });
});
