import type { LlamaModel, TokenBias } from 'node-llama-cpp';
import type { GenerationSpec, Token } from '../../engine.js';
import { biasLogits, type Library, libraryTokens } from '../library/library.js';
import { CountPenalties } from './count-penalties.js';
import type { PenaltyWindow } from './penalty-window.js';
import { Repetitions } from './repetitions.js';

/** The lowest logit bias: such a token is never drawn. */
const never = -100;

/**
 * Stands for "never" with a grammar, which may allow no other token. With nothing left to choose from, the sampler
 * would violate the grammar, and with node-llama-cpp 3.22.1 that ends the whole process: nothing handles the rejection.
 */
const hardlyEver = -1e9;

/** What the biases need to know about the model. */
export interface BiasSource {
  readonly library: Library;
  readonly model: LlamaModel;
  /** Called only if they are needed. */
  readonly endTokens: () => readonly Token[];
}

/** What is added to the logits of tokens before one is drawn. */
export type TokenBiases =
  { readonly type: 'constant'; readonly bias: TokenBias } | { readonly type: 'changing'; readonly bias: ChangingBias };

/**
 * The biases of a request, biases against all end-of-generation tokens if these should be ignored, and biases that
 * change from token to token. With a grammar, end-of-generation tokens must stay possible: once its text is complete,
 * nothing else may follow.
 *
 * @param penalties what the penalties look at, if they are to be biases
 * @returns null if there are no biases
 */
export function tokenBiases(
  source: BiasSource,
  spec: GenerationSpec,
  penalties: PenaltyWindow | null,
): TokenBiases | null {
  const isFree = spec.format.type === 'text';
  const lowest = isFree ? -Infinity : hardlyEver;
  const fixed = new Map(
    Object.entries(spec.sampling.logitBias).map(([token, logit]) => [Number(token), logit <= never ? lowest : logit]),
  );
  if (spec.ignoreEos && isFree) for (const token of source.endTokens()) fixed.set(token, lowest);

  const { dry } = spec.sampling;
  if (dry === null && spec.minTokens === 0 && penalties === null) {
    return fixed.size === 0 ? null : { type: 'constant', bias: biasOf(source, fixed) };
  }
  const { prompt, resumeAfter } = spec;
  const textOf = tokenTexts(source.model);
  const repetitions = dry === null ? null : new Repetitions(dry, [...prompt, ...resumeAfter], textOf);
  const ends = spec.minTokens === 0 ? [] : [...source.endTokens(), ...spec.stopTokens];
  const early = new Map(ends.map((token) => [token, lowest]));
  const counted = penalties === null ? null : new CountPenalties(spec.sampling, penalties);
  return { type: 'changing', bias: new ChangingBias(source, spec, { fixed, early, repetitions, counted }) };
}

type Logits = ReadonlyMap<Token, number>;

/** Biases that are different for each token of an output. */
export class ChangingBias {
  readonly #source: BiasSource;
  readonly #fixed: Logits;
  /** Only until there are enough output tokens. */
  readonly #early: Logits;
  readonly #repetitions: Repetitions | null;
  /** Those of a window to which others push. */
  readonly #counted: CountPenalties | null;
  readonly #minTokens: number;
  #outputTokens: number;

  constructor(
    source: BiasSource,
    { minTokens, resumeAfter }: GenerationSpec,
    parts: {
      readonly fixed: Logits;
      readonly early: Logits;
      readonly repetitions: Repetitions | null;
      readonly counted: CountPenalties | null;
    },
  ) {
    this.#source = source;
    this.#fixed = parts.fixed;
    this.#early = parts.early;
    this.#repetitions = parts.repetitions;
    this.#counted = parts.counted;
    this.#minTokens = minTokens;
    this.#outputTokens = resumeAfter.length;
  }

  push(token: Token): void {
    this.#outputTokens++;
    this.#repetitions?.push(token);
  }

  /** The biases for the next token. */
  current(): TokenBias {
    const logits = new Map(this.#fixed);
    for (const [token, penalty] of this.#repetitions?.penalties() ?? []) {
      logits.set(token, (logits.get(token) ?? 0) - penalty);
    }
    this.#counted?.subtractFrom(logits);
    if (this.#outputTokens < this.#minTokens) for (const [token, logit] of this.#early) logits.set(token, logit);
    return biasOf(this.#source, logits);
  }
}

function biasOf({ library, model }: BiasSource, logits: Logits): TokenBias {
  const bias = library.TokenBias.for(model);
  biasLogits(bias, logits);
  return bias;
}

function tokenTexts(model: LlamaModel): (token: Token) => string {
  const known = new Map<Token, string>();
  return (token) => {
    const text = known.get(token) ?? model.detokenize(libraryTokens([token]), true);
    known.set(token, text);
    return text;
  };
}
