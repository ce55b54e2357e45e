import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullModel, resolveModel } from '../../../src/core/models/resolve-model.js';

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

  it('is the path itself', async () => {
    const path = join(folder, 'small.gguf');
    expect(await resolveModel(path)).toBe(path);
  });

  it('is absolute, also when the path is not', async () => {
    const path = join(folder, 'small.gguf');
    expect(await resolveModel(relative(process.cwd(), path))).toBe(path);
  });

  it('has to be there', async () => {
    const path = join(folder, 'nothing.gguf');
    await expect(resolveModel(path)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `There is no model file at ${path}.`,
      hint: expect.stringContaining('--engine mock') as string,
    });
  });

  it.each(['Qwen/Qwen3-0.6B-GGUF', 'Qwen/Qwen3-0.6B-GGUF:Q8_0'])('may be meant for Hugging Face: %s', async (path) => {
    const hint = `For a model on Hugging Face write hf:${path}.`;
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'model_unreadable', hint });
    await expect(pullModel(path)).rejects.toMatchObject({ code: 'usage', hint });
  });

  it('is not a folder', async () => {
    const path = join(folder, 'models.gguf');
    await expect(resolveModel(path)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `${path} is a folder.`,
      hint: expect.stringMatching(/^No \.gguf file is in it\. Give --model/) as string,
    });
    writeFileSync(join(path, 'b.gguf'), '');
    writeFileSync(join(path, 'a.gguf'), '');
    await expect(resolveModel(path)).rejects.toMatchObject({
      hint: `Name the .gguf file in it, such as ${join(path, 'a.gguf')}.`,
    });
  });

  it.skipIf(process.platform === 'win32')('is not a pipe, which might never have anything to read', async () => {
    const path = join(folder, 'pipe.gguf');
    execFileSync('mkfifo', [path]);
    await expect(resolveModel(path)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `${path} is a pipe or a device, and not a file.`,
      hint: expect.stringContaining('--engine mock') as string,
    });
  });

  it('ships with the package', async () => {
    expect(await resolveModel('bundled')).toMatch(/models[/\\]bundled\.gguf$/);
  });

  it('cannot be pulled where nothing is to be downloaded', async () => {
    await expect(pullModel('bundled')).rejects.toMatchObject({ code: 'usage' });
    await expect(pullModel('model.gguf')).rejects.toMatchObject({ code: 'usage' });
  });
});
