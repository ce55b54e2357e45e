import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatMlTemplate } from './chat-template.js';
import { ggufFile, type GgufTensor, type GgufValue } from './gguf-writer.js';
import { constants, ones, randomMatrix } from './random-tensors.js';
import { randomWords } from './random-words.js';
import { syntheticVocabulary } from './synthetic-vocabulary.js';
import { weightFormats } from './weight-formats.js';

/** `mamba` has recurrent layers only; `lfm2` is a hybrid: one with a short convolution, and one with attention. */
export type RecurrentArchitecture = 'mamba' | 'lfm2';

const shape = { dim: 64, layers: 2, heads: 4, ffn: 128, context: 2048, vocabulary: 512 } as const;

/** Of mamba's state space: what llama.cpp takes for `inner` is twice the width only. */
const ssm = { conv: 4, inner: 2 * shape.dim, state: 16, rank: 4 } as const;

/** Tokens that the short convolution of lfm2 looks at. */
const shortConv = 3;

/** The spread of the logits, as of the other synthetic models. */
const logitDeviation = 4;

/**
 * A model with random weights whose layers, or some of them, keep a state instead of every token.
 *
 * @returns the path of the file, which others use too: don't change or delete it
 */
export async function recurrentModel(architecture: RecurrentArchitecture): Promise<string> {
  const folder = join(tmpdir(), 'chatstream-synthetic-models');
  const path = join(folder, `synthetic-${architecture}.gguf`);
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(unfinished, ggufFile(metadata(architecture), tensors(architecture)));
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

function metadata(architecture: RecurrentArchitecture): Record<string, GgufValue> {
  const { dim, layers, heads, ffn, context } = shape;
  const vocabulary = syntheticVocabulary(shape.vocabulary);
  const number = (value: number): GgufValue => ({ type: 'uint32', value });
  const own: Record<string, GgufValue> =
    architecture === 'mamba'
      ? {
          'mamba.feed_forward_length': number(0),
          'mamba.attention.head_count': number(0),
          'mamba.ssm.conv_kernel': number(ssm.conv),
          'mamba.ssm.inner_size': number(ssm.inner),
          'mamba.ssm.state_size': number(ssm.state),
          'mamba.ssm.time_step_rank': number(ssm.rank),
        }
      : {
          'lfm2.feed_forward_length': number(ffn),
          'lfm2.attention.head_count': number(heads),
          // None is a layer without attention.
          'lfm2.attention.head_count_kv': { type: 'int32[]', value: [0, heads] },
          'lfm2.shortconv.l_cache': number(shortConv),
          'lfm2.rope.dimension_count': number(dim / heads),
        };
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.name': { type: 'string', value: `synthetic ${architecture}` },
    'general.file_type': number(weightFormats.f16.fileType),
    [`${architecture}.context_length`]: number(context),
    [`${architecture}.embedding_length`]: number(dim),
    [`${architecture}.block_count`]: number(layers),
    [`${architecture}.vocab_size`]: number(shape.vocabulary),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { type: 'float32', value: 1e-5 },
    ...own,
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'qwen2' },
    'tokenizer.ggml.tokens': { type: 'string[]', value: vocabulary.tokens },
    'tokenizer.ggml.token_type': { type: 'int32[]', value: vocabulary.types },
    'tokenizer.ggml.merges': { type: 'string[]', value: vocabulary.merges },
    'tokenizer.ggml.bos_token_id': number(vocabulary.beginningOfSequence),
    'tokenizer.ggml.eos_token_id': number(vocabulary.endOfTurn),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.chat_template': { type: 'string', value: chatMlTemplate },
  };
}

function tensors(architecture: RecurrentArchitecture): GgufTensor[] {
  const { dim, ffn, heads, layers, vocabulary } = shape;
  const { silent } = syntheticVocabulary(vocabulary);
  const fillRandom = randomWords(1);
  const matrix = (
    name: string,
    inputs: number,
    outputs: number,
    { gain = (): number => 1, format = weightFormats.f16 }: MatrixOptions = {},
  ): GgufTensor =>
    randomMatrix({
      name,
      inputs,
      outputs,
      format,
      fillRandom,
      deviation: (row) => gain(row) / Math.sqrt(inputs),
    });
  const { f32 } = weightFormats;

  const mamba = (layer: string): GgufTensor[] => [
    ones(`${layer}.attn_norm.weight`, dim),
    matrix(`${layer}.ssm_in.weight`, dim, 2 * ssm.inner),
    matrix(`${layer}.ssm_conv1d.weight`, ssm.conv, ssm.inner, { format: f32 }),
    constants(`${layer}.ssm_conv1d.bias`, [ssm.inner], 0),
    matrix(`${layer}.ssm_x.weight`, ssm.inner, ssm.rank + 2 * ssm.state),
    matrix(`${layer}.ssm_dt.weight`, ssm.rank, ssm.inner, { format: f32 }),
    constants(`${layer}.ssm_dt.bias`, [ssm.inner], 0),
    // Below 0: the state fades, over some tokens.
    constants(`${layer}.ssm_a`, [ssm.state, ssm.inner], -0.1),
    constants(`${layer}.ssm_d`, [ssm.inner], 1),
    matrix(`${layer}.ssm_out.weight`, ssm.inner, dim),
  ];
  const feedForward = (layer: string): GgufTensor[] => [
    ones(`${layer}.ffn_norm.weight`, dim),
    matrix(`${layer}.ffn_gate.weight`, dim, ffn),
    matrix(`${layer}.ffn_down.weight`, ffn, dim),
    matrix(`${layer}.ffn_up.weight`, dim, ffn),
  ];
  const convolution = (layer: string): GgufTensor[] => [
    ones(`${layer}.attn_norm.weight`, dim),
    matrix(`${layer}.shortconv.conv.weight`, shortConv, dim, { format: f32 }),
    matrix(`${layer}.shortconv.in_proj.weight`, dim, 3 * dim),
    matrix(`${layer}.shortconv.out_proj.weight`, dim, dim),
    ...feedForward(layer),
  ];
  const attention = (layer: string): GgufTensor[] => [
    ones(`${layer}.attn_norm.weight`, dim),
    ...['attn_q_norm', 'attn_k_norm'].map((name) => ones(`${layer}.${name}.weight`, dim / heads)),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((name) => matrix(`${layer}.${name}.weight`, dim, dim)),
    ...feedForward(layer),
  ];
  return [
    matrix('token_embd.weight', dim, vocabulary, { gain: () => Math.sqrt(dim) }),
    ...Array.from({ length: layers }, (_, index) => {
      const layer = `blk.${index}`;
      if (architecture === 'mamba') return mamba(layer);
      return index === 0 ? convolution(layer) : attention(layer);
    }).flat(),
    ones(architecture === 'mamba' ? 'output_norm.weight' : 'token_embd_norm.weight', dim),
    matrix('output.weight', dim, vocabulary, { gain: (token) => (silent.has(token) ? 0 : logitDeviation) }),
  ];
}

interface MatrixOptions {
  /** How much larger than usual the output of a row is. */
  readonly gain?: (row: number) => number;
  readonly format?: (typeof weightFormats)['f16'];
}
