import { describe, expect, it } from 'vitest';
import {
  cachePathOf,
  type ModelSource,
  nameOfSource,
  parseModelSource,
} from '../../../src/core/models/model-source.js';

const quantisation = (name: string): ModelSource => ({
  kind: 'hf-quantisation',
  user: 'Qwen',
  repository: 'Qwen3-0.6B-GGUF',
  quantisation: name,
});
const file = (path: string, branch = 'main'): ModelSource => ({
  kind: 'hf-file',
  user: 'Qwen',
  repository: 'Qwen3-0.6B-GGUF',
  branch,
  file: path,
});

describe('a source', () => {
  it.each<[string, ModelSource]>([
    ['bundled', { kind: 'bundled' }],
    ['model.gguf', { kind: 'path', path: 'model.gguf' }],
    ['C:\\models\\model.gguf', { kind: 'path', path: 'C:\\models\\model.gguf' }],
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
    ['https://example.com/a.gguf', { kind: 'url', url: 'https://example.com/a.gguf' }],
    ['HTTP://example.com/a.gguf', { kind: 'url', url: 'http://example.com/a.gguf' }],
  ])('%s', (text, source) => {
    expect(parseModelSource(text)).toEqual(source);
  });

  it.each([
    'hf:',
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

  it.each([
    ['hf:Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf', 'hf/Qwen/Qwen3-0.6B-GGUF/Q4/a.gguf'],
    ['hf:Qwen/Qwen3-0.6B-GGUF/a.gguf#v2', 'hf/Qwen/Qwen3-0.6B-GGUF@v2/a.gguf'],
    ['https://example.com/m/a.gguf', 'url/example.com/m/a.gguf'],
    ['http://example.com:8080/a.gguf?signature=1', 'url/example.com_8080/a.gguf'],
    ['http://example.com/%2e%2e%2fa%20b.gguf', 'url/example.com/.._a b.gguf'],
  ])('%s is cached as %s', (text, path) => {
    const source = parseModelSource(text);
    if (source.kind !== 'hf-file' && source.kind !== 'url') throw new Error('It has no file.');
    expect(cachePathOf(source)).toBe(path);
    expect(parseModelSource(nameOfSource(source))).toEqual(source);
  });
});
