import { writeFile } from 'node:fs/promises';
import { ggufFile, type GgufTensor, type GgufValue } from './gguf-writer.js';
import { ones, randomMatrix } from './random-tensors.js';
import { randomWords } from './random-words.js';
import { resolveSyntheticModel, type SyntheticModelOptions } from './synthetic-model-options.js';
import { syntheticVocabulary, type Vocabulary } from './synthetic-vocabulary.js';
import { weightFormats } from './weight-formats.js';

/**
 * Standard deviation of the logits. At 4 the likeliest tokens stand out about as they do in a trained model, and a
 * silent token, whose logit is always 0, has a probability of about e^-8 / vocabulary.
 */
const logitDeviation = 4;

/**
 * Writes a llama model with random weights as a GGUF file. It talks gibberish, at the speed of a real model of its
 * shape. The data is made and written in pieces of about 1 MiB; an existing file is replaced.
 *
 * @param options what differs from {@link defaultSyntheticModel}
 * @throws RangeError for a shape that llama.cpp could not run
 */
export async function writeSyntheticModel(path: string, options: Partial<SyntheticModelOptions> = {}): Promise<void> {
  const model = resolveSyntheticModel(options);
  const vocabulary = syntheticVocabulary(model.vocabulary);
  await writeFile(path, ggufFile(metadata(model, vocabulary), tensors(model, vocabulary)));
}

function metadata(model: SyntheticModelOptions, vocabulary: Vocabulary): Record<string, GgufValue> {
  return {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: 'synthetic' },
    'general.file_type': { type: 'uint32', value: weightFormats[model.type].fileType },
    'general.quantization_version': { type: 'uint32', value: 2 },
    'llama.context_length': { type: 'uint32', value: model.context },
    'llama.embedding_length': { type: 'uint32', value: model.dim },
    'llama.block_count': { type: 'uint32', value: model.layers },
    'llama.feed_forward_length': { type: 'uint32', value: model.ffn },
    'llama.attention.head_count': { type: 'uint32', value: model.heads },
    'llama.attention.head_count_kv': { type: 'uint32', value: model.kvHeads },
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
    'llama.rope.dimension_count': { type: 'uint32', value: model.dim / model.heads },
    'llama.vocab_size': { type: 'uint32', value: model.vocabulary },
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    // Of the known pre-tokenizers, one that leaves spaces before punctuation alone: "default" and "gpt-2" do not.
    'tokenizer.ggml.pre': { type: 'string', value: 'qwen2' },
    'tokenizer.ggml.tokens': { type: 'string[]', value: vocabulary.tokens },
    'tokenizer.ggml.token_type': { type: 'int32[]', value: vocabulary.types },
    'tokenizer.ggml.merges': { type: 'string[]', value: vocabulary.merges },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: vocabulary.beginningOfSequence },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: vocabulary.endOfTurn },
    'tokenizer.ggml.eot_token_id': { type: 'uint32', value: vocabulary.endOfTurn },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: model.addBos },
    ...(model.infill && {
      'tokenizer.ggml.fim_pre_token_id': { type: 'uint32', value: 1 },
      'tokenizer.ggml.fim_suf_token_id': { type: 'uint32', value: 2 },
      'tokenizer.ggml.fim_mid_token_id': { type: 'uint32', value: 3 },
    }),
    ...(model.chatTemplate !== null && {
      'tokenizer.chat_template': { type: 'string', value: model.chatTemplate },
    }),
  };
}

function tensors(model: SyntheticModelOptions, vocabulary: Vocabulary): GgufTensor[] {
  const { dim, ffn, layers } = model;
  const kvDim = (dim / model.heads) * model.kvHeads;
  const format = weightFormats[model.type];
  const fillRandom = randomWords(model.seed);

  // Outputs of a matrix keep the spread of its inputs when its weights have a deviation of 1 / sqrt(inputs).
  const matrix = (name: string, inputs: number, outputs: number, gain: (row: number) => number = () => 1): GgufTensor =>
    randomMatrix({ name, inputs, outputs, format, fillRandom, deviation: (row) => gain(row) / Math.sqrt(inputs) });
  const logitGain = (token: number): number => {
    if (token === vocabulary.endOfTurn) return logitDeviation * model.endOfTurnGain;
    return vocabulary.silent.has(token) ? 0 : logitDeviation;
  };

  return [
    matrix('token_embd.weight', dim, model.vocabulary, () => Math.sqrt(dim)),
    ...Array.from({ length: layers }, (_, layer) => [
      ones(`blk.${layer}.attn_norm.weight`, dim),
      matrix(`blk.${layer}.attn_q.weight`, dim, dim),
      matrix(`blk.${layer}.attn_k.weight`, dim, kvDim),
      matrix(`blk.${layer}.attn_v.weight`, dim, kvDim),
      matrix(`blk.${layer}.attn_output.weight`, dim, dim),
      ones(`blk.${layer}.ffn_norm.weight`, dim),
      matrix(`blk.${layer}.ffn_gate.weight`, dim, ffn),
      matrix(`blk.${layer}.ffn_up.weight`, dim, ffn),
      matrix(`blk.${layer}.ffn_down.weight`, ffn, dim),
    ]).flat(),
    ones('output_norm.weight', dim),
    matrix('output.weight', dim, model.vocabulary, logitGain),
  ];
}
