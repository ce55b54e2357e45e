import { chatMlTemplate } from './chat-template.js';
import { smallestVocabulary } from './synthetic-vocabulary.js';
import { weightFormats, type WeightType } from './weight-formats.js';

/** The shape of a llama model. All counts are whole numbers from 1. */
export interface SyntheticModelOptions {
  /** Width of the residual stream; a multiple of twice `heads`, and of 32 for quantised weights. */
  readonly dim: number;
  readonly layers: number;
  /** Attention heads; a multiple of `kvHeads`. */
  readonly heads: number;
  /** Heads of keys and values. */
  readonly kvHeads: number;
  /** Width of the feed-forward layers; a multiple of 32 for quantised weights. */
  readonly ffn: number;
  /** Tokens in the vocabulary, at least 260: bytes, special tokens and one merge. */
  readonly vocabulary: number;
  /** The context, in tokens, that the model says it was trained for. */
  readonly context: number;
  /** Of the matrices; norms are always f32. */
  readonly type: WeightType;
  /** Any integer; the same options make the same file, byte for byte. */
  readonly seed: number;
  /** A Jinja template; null leaves it out of the file. */
  readonly chatTemplate: string | null;
  /** Whether tokenising a prompt puts the beginning-of-sequence token before it. */
  readonly addBos: boolean;
  /** Whether the tokens 1, 2 and 3 mark prefix, suffix and middle of a text with a gap. */
  readonly infill: boolean;
  /**
   * How readily the model ends its turn, from 0 to 100: the spread of that token's logit, as a multiple of the others'.
   * 0 is practically never; 1 treats it like any other token. With the defaults and a temperature of 1, the median reply
   * was over 400 tokens long at 1, 94 at 1.5, 13 at 2 and 7 at 3, with wide spreads; larger vocabularies take more.
   */
  readonly endOfTurnGain: number;
}

/** A tiny model for tests: about 300 kB, made in a few milliseconds. */
export const defaultSyntheticModel: SyntheticModelOptions = {
  dim: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  ffn: 128,
  vocabulary: 512,
  context: 2048,
  type: 'f16',
  seed: 1,
  chatTemplate: chatMlTemplate,
  addBos: false,
  infill: false,
  endOfTurnGain: 0,
};

/**
 * Fills in the defaults and refuses what llama.cpp would refuse, or crash on.
 *
 * @throws RangeError
 */
export function resolveSyntheticModel(options: Partial<SyntheticModelOptions>): SyntheticModelOptions {
  const model = { ...defaultSyntheticModel, ...options };
  const { dim, layers, heads, kvHeads, ffn, vocabulary, context, seed, endOfTurnGain } = model;
  const { blockLength } = weightFormats[model.type];
  for (const [name, count] of Object.entries({ dim, layers, heads, kvHeads, ffn, vocabulary, context })) {
    check(Number.isSafeInteger(count) && count >= 1, `${name} must be a whole number from 1, not ${count}`);
  }
  check(Number.isSafeInteger(seed), `seed must be an integer, not ${seed}`);
  check(heads % kvHeads === 0, `heads (${heads}) must be a multiple of kvHeads (${kvHeads})`);
  // Rotary embeddings turn pairs of dimensions.
  check(dim % (2 * heads) === 0, `dim (${dim}) must be a multiple of twice heads (${heads})`);
  check(dim % blockLength === 0, `dim (${dim}) must be a multiple of ${blockLength} for ${model.type}`);
  check(ffn % blockLength === 0, `ffn (${ffn}) must be a multiple of ${blockLength} for ${model.type}`);
  check(vocabulary >= smallestVocabulary, `vocabulary must be at least ${smallestVocabulary}, not ${vocabulary}`);
  check(endOfTurnGain >= 0 && endOfTurnGain <= 100, `endOfTurnGain must be from 0 to 100, not ${endOfTurnGain}`);
  return model;
}

function check(holds: boolean, problem: string): void {
  if (!holds) throw new RangeError(problem);
}
