import { writeFile } from 'node:fs/promises';
import { ggufFile, type GgufValue } from './gguf-writer.js';

/** `llama_token_type` */
const tokenTypes = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

const special = { '<unk>': tokenTypes.unknown, '<s>': tokenTypes.control, '</s>': tokenTypes.control } as const;
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
/** Each is one of them joined to another, and is preferred to those behind it. `▁` is a space. */
const joined = ['th', 'the', 'in', 'ai', 'ra', 'rain', '▁the', '▁rain', '▁ra', '▁in', '日本', '日本語'];
const letters = Array.from('▁abcdefghijklmnopqrstuvwxyz日本語');
const pieces = [...joined, ...letters];

/**
 * Writes a llama model that has a vocabulary of SentencePiece, as Llama 2 and Gemma do, and nothing else. It puts a space before
 * each text, and what has no token becomes bytes.
 */
export async function writeSentencePieceModel(path: string): Promise<void> {
  await writeFile(path, ggufFile(metadata(), []));
}

function metadata(): Record<string, GgufValue> {
  const tokens = [...Object.keys(special), ...bytes, ...pieces];
  const types = [
    ...Object.values(special),
    ...bytes.map(() => tokenTypes.byte),
    ...pieces.map(() => tokenTypes.normal),
  ];
  return {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: 'synthetic vocabulary' },
    'llama.context_length': { type: 'uint32', value: 2048 },
    'llama.embedding_length': { type: 'uint32', value: 64 },
    'llama.block_count': { type: 'uint32', value: 1 },
    'llama.feed_forward_length': { type: 'uint32', value: 64 },
    'llama.attention.head_count': { type: 'uint32', value: 1 },
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'string[]', value: tokens },
    'tokenizer.ggml.scores': { type: 'float32[]', value: tokens.map((_, token) => -token) },
    'tokenizer.ggml.token_type': { type: 'int32[]', value: types },
    'tokenizer.ggml.unknown_token_id': { type: 'uint32', value: tokens.indexOf('<unk>') },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: tokens.indexOf('<s>') },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: tokens.indexOf('</s>') },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: true },
  };
}
