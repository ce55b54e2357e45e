import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeSyntheticModel } from '../../test/support/gguf/index.js';

/** A model to measure with, and what to call it in the results. */
export interface BenchmarkModel {
  readonly path: string;
  readonly name: string;
}

/** A synthetic model of about the size of SmolLM2-135M, with a context of 2048. */
const substitute = { dim: 576, layers: 30, heads: 9, kvHeads: 3, ffn: 1536, vocabulary: 32_000, type: 'q4_0' as const };

/**
 * A real model from the folder that CHATSTREAM_TEST_MODELS names, or a synthetic one of a similar size, written to
 * `folder`.
 */
export async function testModel(file: string, folder: string): Promise<BenchmarkModel> {
  const models = process.env['CHATSTREAM_TEST_MODELS'];
  const path = join(models ?? '', file);
  if (models !== undefined && existsSync(path)) return { path, name: basename(file, '.gguf') };
  const written = join(folder, 'synthetic.gguf');
  await writeSyntheticModel(written, substitute);
  return {
    path: written,
    name: 'synthetic, 30 layers of 576, q4_0 (CHATSTREAM_TEST_MODELS names no folder with the real one)',
  };
}
