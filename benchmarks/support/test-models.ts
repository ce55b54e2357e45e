import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type SyntheticModelOptions, writeSyntheticModel } from '../../test/support/gguf/index.js';

/** A model to measure with, and what to call it in the results. */
export interface BenchmarkModel {
  readonly path: string;
  readonly name: string;
}

/** The real models that scripts/fetch-test-models.sh fetches. */
const real: Readonly<Record<string, string>> = {
  smollm2: 'smollm2-135m-instruct-q4_1.gguf',
  gemma: 'gemma-3-270m-q4_k_m.gguf',
};

const type = 'q4_0';

/** Shapes of synthetic models: 235 MB on a CPU, and what people run on a GPU, 4.5 GB. */
const shapes: Readonly<Record<string, Partial<SyntheticModelOptions>>> = {
  synthetic: { dim: 896, layers: 24, heads: 14, kvHeads: 2, ffn: 4864, vocabulary: 32_000, type },
  '8b': { dim: 4096, layers: 32, heads: 32, kvHeads: 8, ffn: 14_336, vocabulary: 128_256, context: 8192, type },
};

/**
 * @param kind `bundled`, `synthetic`, `8b` (synthetic as well), or a real model in the folder that CHATSTREAM_TEST_MODELS names
 * @param folder where a synthetic model is written to
 */
export async function benchmarkModel(kind: string, folder: string): Promise<BenchmarkModel> {
  if (kind === 'bundled') return { path: 'models/bundled.gguf', name: 'bundled' };
  const shape = shapes[kind];
  if (shape !== undefined) {
    const path = join(folder, `${kind}.gguf`);
    await writeSyntheticModel(path, shape);
    return { path, name: `synthetic, ${shape.layers} layers of ${shape.dim}, ${type}` };
  }
  const file = real[kind];
  if (file === undefined)
    throw new Error(`${kind} is none of ${['bundled', ...Object.keys(shapes), ...Object.keys(real)].join(', ')}`);
  const path = join(process.env['CHATSTREAM_TEST_MODELS'] ?? '', file);
  if (!existsSync(path)) {
    throw new Error(`CHATSTREAM_TEST_MODELS names no folder with ${file}: see scripts/fetch-test-models.sh`);
  }
  return { path, name: basename(file, '.gguf') };
}
