import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSyntheticModel } from './synthetic-model.js';
import { resolveSyntheticModel, type SyntheticModelOptions } from './synthetic-model-options.js';

/** Raise it whenever the same options begin to make other bytes; a test watches over that. */
const formatVersion = 2;

/**
 * A synthetic model that is made once per machine and set of options, under the directory for temporary files. Workers
 * that ask at the same time may each make it, but none ever sees half of one.
 *
 * @param options what differs from {@link defaultSyntheticModel}
 * @returns the path of the file, which others use too: don't change or delete it
 * @throws RangeError for a shape that llama.cpp could not run
 */
export async function syntheticModel(options: Partial<SyntheticModelOptions> = {}): Promise<string> {
  const model = resolveSyntheticModel(options);
  const folder = join(tmpdir(), 'chatstream-synthetic-models');
  const path = join(folder, `synthetic-${model.type}-${cacheKey(model)}.gguf`);
  if (await exists(path)) return path;

  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    await writeSyntheticModel(unfinished, model);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

function cacheKey(model: SyntheticModelOptions): string {
  const fields = Object.entries(model).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([formatVersion, fields]))
    .digest('hex')
    .slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
