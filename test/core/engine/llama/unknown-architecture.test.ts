import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { syntheticModel } from '../../../support/gguf/index.js';
import { EngineHarness } from './engine-harness.js';

// In a file, and so a process, of its own: see load-errors.test.ts. Once, on a busy machine, loading never ended; not understood.
it('names an architecture that llama.cpp does not support', { timeout: 30_000, retry: 1 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chatstream-architecture-'));
  const bytes = await readFile(await syntheticModel());
  bytes.write('lhama', bytes.indexOf('llama'), 'latin1');
  const modelPath = join(folder, 'lhama.gguf');
  await writeFile(modelPath, bytes);

  await expect(EngineHarness.start({ modelPath })).rejects.toMatchObject({
    code: 'model_unreadable',
    message: "The model's architecture, lhama, is not supported.",
  });
  await rm(folder, { recursive: true });
});
