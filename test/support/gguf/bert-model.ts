import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufFile, type GgufTensor, type GgufValue } from './gguf-writer.js';
import { constants, ones, randomMatrix } from './random-tensors.js';
import { randomWords } from './random-words.js';
import { weightFormats } from './weight-formats.js';

/** The shape of every {@link bertModel}. */
export const bertShape = { dim: 64, layers: 2, heads: 4, ffn: 128, context: 64 } as const;

/** The special tokens, by their numbers. */
export const bertTokens = { padding: 0, unknown: 1, begin: 2, end: 3 } as const;

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
/** llama.cpp marks beginnings of words, whereas BERT marks all other pieces (`##a`). */
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...letters.map((letter) => `\u2581${letter}`), ...letters];

/** `llama_pooling_type` */
const poolingTypes = { mean: 1, cls: 2 } as const;

/**
 * An encoder of BERT's architecture with random weights, which looks at all of a text at once and gives one vector for it: what
 * most small embedding models are. Its vocabulary is the letters, each at the beginning of a word and within one.
 *
 * @returns the path of the file, which others use too: don't change or delete it
 */
export async function bertModel(pooling: keyof typeof poolingTypes): Promise<string> {
  const folder = join(tmpdir(), 'chatstream-synthetic-models');
  const path = join(folder, `synthetic-bert-${pooling}.gguf`);
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(unfinished, ggufFile(metadata(poolingTypes[pooling]), tensors()));
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

function metadata(poolingType: number): Record<string, GgufValue> {
  const { dim, layers, heads, ffn, context } = bertShape;
  const { padding, unknown, begin, end } = bertTokens;
  const special = new Set<number>([padding, unknown, begin, end]);
  const number = (value: number): GgufValue => ({ type: 'uint32', value });
  return {
    'general.architecture': { type: 'string', value: 'bert' },
    'general.name': { type: 'string', value: 'synthetic encoder' },
    'general.file_type': number(weightFormats.f16.fileType),
    'bert.context_length': number(context),
    'bert.embedding_length': number(dim),
    'bert.block_count': number(layers),
    'bert.feed_forward_length': number(ffn),
    'bert.attention.head_count': number(heads),
    'bert.attention.layer_norm_epsilon': { type: 'float32', value: 1e-12 },
    'bert.attention.causal': { type: 'bool', value: false },
    'bert.pooling_type': number(poolingType),
    'tokenizer.ggml.model': { type: 'string', value: 'bert' },
    'tokenizer.ggml.pre': { type: 'string', value: 'default' },
    'tokenizer.ggml.token_type_count': number(2),
    'tokenizer.ggml.tokens': { type: 'string[]', value: vocabulary },
    'tokenizer.ggml.token_type': {
      type: 'int32[]',
      value: vocabulary.map((_, token) => (special.has(token) ? 3 : 1)),
    },
    'tokenizer.ggml.padding_token_id': number(padding),
    'tokenizer.ggml.unknown_token_id': number(unknown),
    'tokenizer.ggml.bos_token_id': number(begin),
    'tokenizer.ggml.eos_token_id': number(end),
    'tokenizer.ggml.cls_token_id': number(begin),
    // The key is spelt like this.
    'tokenizer.ggml.seperator_token_id': number(end),
  };
}

function tensors(): GgufTensor[] {
  const { dim, layers, ffn, context } = bertShape;
  const fillRandom = randomWords(1);
  const matrix = (
    name: string,
    inputs: number,
    outputs: number,
    deviation: number,
    format = weightFormats.f16,
  ): GgufTensor => randomMatrix({ name, inputs, outputs, format, fillRandom, deviation: () => deviation });
  const linear = (name: string, inputs: number, outputs: number): GgufTensor[] => [
    matrix(`${name}.weight`, inputs, outputs, 1 / Math.sqrt(inputs)),
    constants(`${name}.bias`, [outputs], 0),
  ];
  const norm = (name: string): GgufTensor[] => [ones(`${name}.weight`, dim), constants(`${name}.bias`, [dim], 0)];
  return [
    matrix('token_embd.weight', dim, vocabulary.length, 1),
    matrix('token_types.weight', dim, 2, 0.1, weightFormats.f32),
    matrix('position_embd.weight', dim, context, 0.3, weightFormats.f32),
    ...norm('token_embd_norm'),
    ...Array.from({ length: layers }, (_, layer) => [
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) => linear(`blk.${layer}.${name}`, dim, dim)),
      ...norm(`blk.${layer}.attn_output_norm`),
      ...linear(`blk.${layer}.ffn_up`, dim, ffn),
      ...linear(`blk.${layer}.ffn_down`, ffn, dim),
      ...norm(`blk.${layer}.layer_output_norm`),
    ]).flat(),
  ];
}
