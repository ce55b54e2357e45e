import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveModel } from '../../../src/core/models/resolve-model.js';

describe('the file that a model means', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chatstream-'));
    writeFileSync(join(folder, 'small.gguf'), 'GGUF');
    mkdirSync(join(folder, 'models.gguf'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is the path itself', () => {
    const path = join(folder, 'small.gguf');
    expect(resolveModel(path)).toBe(path);
  });

  it('is absolute, also when the path is not', () => {
    const path = join(folder, 'small.gguf');
    expect(resolveModel(relative(process.cwd(), path))).toBe(path);
  });

  it('has to be there', () => {
    const path = join(folder, 'nothing.gguf');
    expect(() => resolveModel(path)).toThrow(
      expect.objectContaining({
        code: 'model_unreadable',
        message: `There is no model file at ${path}.`,
        hint: expect.stringContaining('--engine mock') as string,
      }) as Error,
    );
  });

  it('is no folder', () => {
    expect(() => resolveModel(join(folder, 'models.gguf'))).toThrow(
      expect.objectContaining({
        code: 'model_unreadable',
        message: `${join(folder, 'models.gguf')} is a folder.`,
      }) as Error,
    );
  });
});
