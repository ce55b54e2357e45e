import { describe, expect, it } from 'vitest';
import {
  cachePathOf,
  type FileSource,
  likelyRepository,
  type ModelSource,
  nameOfSource,
  parseModelSource,
} from '../../../src/core/models/model-source.js';

const quantisation = (name: string): ModelSource => ({
  type: 'hf-quantisation',
  user: 'Qwen',
  repository: 'Qwen3-0.6B-GGUF',
  quantisation: name,
});
const file = (path: string, branch = 'main'): ModelSource => ({
  type: 'hf-file',
  user: 'Qwen',
  repository: 'Qwen3-0.6B-GGUF',
  branch,
  file: path,
});

function urlOf(text: string): FileSource {
  const source = parseModelSource(text);
  if (source.type !== 'hf-file' && source.type !== 'url') throw new Error('It has no file.');
  return source;
}

describe('a source', () => {
  it.each<[string, ModelSource]>([
    ['bundled', { type: 'bundled' }],
    ['model.gguf', { type: 'path', path: 'model.gguf' }],
    ['C:\\models\\model.gguf', { type: 'path', path: 'C:\\models\\model.gguf' }],
    ['hf:Qwen/Qwen3-0.6B-GGUF', quantisation('latest')],
    ['hf:Qwen/Qwen3-0.6B-GGUF:q4_k_m', quantisation('Q4_K_M')],
    ['hf:Qwen/Qwen3-0.6B-GGUF:UD-Q4_K_XL', quantisation('UD-Q4_K_XL')],
    ['huggingface:Qwen/Qwen3-0.6B-GGUF', quantisation('latest')],
    ['hf://Qwen/Qwen3-0.6B-GGUF', quantisation('latest')],
    ['hf:Qwen/Qwen3-0.6B-GGUF/a.gguf', file('a.gguf')],
    ['hf:Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf#v2', file('Q4/a.gguf', 'v2')],
    ['https://huggingface.co/Qwen/Qwen3-0.6B-GGUF', quantisation('latest')],
    ['https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/blob/main/a.gguf', file('a.gguf')],
    ['https://hf.co/Qwen/Qwen3-0.6B-GGUF/resolve/v2/Q4/a.gguf?download=true', file('Q4/a.gguf', 'v2')],
    ['https://example.com/a.gguf', { type: 'url', url: 'https://example.com/a.gguf' }],
    ['HTTP://example.com/a.gguf', { type: 'url', url: 'http://example.com/a.gguf' }],
  ])('%s', (text, source) => {
    expect(parseModelSource(text)).toEqual(source);
  });

  it.each([
    'hf:',
    'hf:../..:Q4_K_M',
    'hf:..%2f..:Q4_K_M',
    'hf:me/..',
    'hf:me/.hidden',
    'hf:me/a..b',
    'hf:me\\..\\../r',
    'hf:/etc/passwd',
    'hf:Q/r:..',
    'hf:Q/r:../../x',
    'hf:Q/r:Q4:Q8',
    'hf:Q/r//a.gguf',
    'hf:Q/r/./a.gguf',
    'hf:Q/r/..\\..\\a.gguf',
    'hf:Q/r/a\u0000.gguf',
    'hf:Q/r/a.gguf#..',
    'hf:Q/r/a.gguf#../../other/r/resolve/main',
    'hf:Q/r/a.gguf#v1#v2',
    `hf:Q/${'r'.repeat(97)}`,
    'hf:Qwen',
    'hf:Qwen/',
    'hf:Qwen/a b',
    'hf:Q/r:Q4/a.gguf',
    'hf:Q/r/../../a.gguf',
    'hf:Q/r/a.gguf#',
    'http://',
  ])('%s makes no sense', (text) => {
    expect(() => parseModelSource(text)).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  });

  it.each(['https://me:secret@host:port/a.gguf?sig=secret', 'https:/me:secret@host:port/a.gguf#secret'])(
    'that is not a URL is refused without its password: %s',
    (text) => {
      expect(() => parseModelSource(text)).toThrow(/"https:\/+host:port\/a.gguf" is not a URL\./);
    },
  );

  it.each([
    ['https://me:secret@example.com/a.gguf?sig=secret#secret', 'https://example.com/a.gguf'],
    ['https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/main/a.gguf?token=secret', 'hf:Qwen/Qwen3-0.6B-GGUF/a.gguf'],
    ['https:/me:secret@example.com/a.gguf', 'https://example.com/a.gguf'],
    ['https://example.com/get?id=1&key=secret', 'https://example.com/get#c8fdb3e5'],
    ['https://example.com/get#c8fdb3e5', 'https://example.com/get#c8fdb3e5'],
    ['https://example.com/get#chapter', 'https://example.com/get'],
  ])('%s is shown and recorded as %s', (text, name) => {
    const source = parseModelSource(text);
    if (source.type === 'bundled' || source.type === 'path') throw new Error('It is not remote.');
    expect(nameOfSource(source)).toBe(name);
  });

  it('whose path names the file is the same with another signature', () => {
    const [one, two] = ['a', 'b'].map((signature) => urlOf(`https://example.com/a.gguf?sig=${signature}`));
    expect(one && cachePathOf(one)).toBe(two && cachePathOf(two));
  });

  it('whose query names the file is found again by the name that is shown', () => {
    const source = urlOf('https://example.com/get?id=1');
    expect(cachePathOf(urlOf(nameOfSource(source)))).toBe(cachePathOf(source));
    expect(cachePathOf(urlOf('https://example.com/get?id=2'))).not.toBe(cachePathOf(source));
  });

  it.each([
    ['hf:Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf', 'hf/Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf'],
    ['hf:Qwen/Qwen3-0.6B-GGUF/a.gguf#v2', 'hf/Qwen/Qwen3-0.6B-GGUF@v2/a.gguf'],
    ['https://example.com/m/a.gguf', 'url/example.com/m/a.gguf'],
    ['http://example.com:8080/a.gguf?signature=1', 'url/example.com_8080/a.gguf'],
    ['http://example.com/%2e%2e%2fa%20b.gguf', 'url/example.com/.._a b.gguf'],
    ['http://example.com/%2e%2e/%2e%2e/a.gguf', 'url/example.com/a.gguf'],
    ['http://example.com/..%5c..%5ca.gguf', 'url/example.com/.._.._a.gguf'],
    ['http://example.com//a//b.gguf', 'url/example.com/a/b.gguf'],
    ['http://example.com/CON/nul.gguf', 'url/example.com/_CON/_nul.gguf'],
    ['http://example.com/a.%20/b.gguf', 'url/example.com/a__/b.gguf'],
    ['http://example.com/%2e%2e%2f', 'url/example.com/.._.gguf'],
    ['http://[::1]:80/a.gguf', 'url/[__1]/a.gguf'.replace(/[[\]]/g, '_')],
    [`http://example.com/${'a'.repeat(300)}.gguf`, `url/example.com/${'a'.repeat(106)}-9835fa6b.gguf`],
  ])('%s is cached as %s', (text, path) => {
    const source = urlOf(text);
    expect(cachePathOf(source)).toBe(path);
    expect(cachePathOf(urlOf(nameOfSource(source)))).toBe(path);
  });
});

describe('a path that is not there', () => {
  it.each([
    ['Qwen/Qwen3-0.6B-GGUF', 'hf:Qwen/Qwen3-0.6B-GGUF'],
    ['Qwen/Qwen3-0.6B-GGUF:q8_0', 'hf:Qwen/Qwen3-0.6B-GGUF:Q8_0'],
    ['Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf', 'hf:Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf'],
    ['models/a.gguf', null],
    ['./models/a', null],
    ['../models', null],
    ['/models/a', null],
    ['model', null],
    ['C:\\models\\a.gguf', null],
  ])('%s may have been meant as %s', (path, repository) => {
    expect(likelyRepository(path)).toBe(repository);
  });
});
