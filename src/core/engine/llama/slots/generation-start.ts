import type { SequenceEvaluateOptions } from 'node-llama-cpp';
import type { GenerationSpec, Token } from '../../engine.js';
import type { ForeignText } from '../../foreign-text.js';
import type { TextAssembler } from '../../text/text-assembler.js';
import type { PromptLogprob } from '../../token-logprob.js';
import type { AdaptiveChunk } from '../rounds/adaptive-chunk.js';
import type { Steer } from '../sampling/guidance.js';
import type { PenaltyWindow } from '../sampling/penalty-window.js';
import type { ChangingBias } from '../sampling/token-biases.js';
import type { RatedDraws } from '../sampling/token-rater.js';
import type { Slot } from './slots.js';

/** Rates the tokens of one prompt. */
export interface PromptRater {
  readonly rate: (tokens: readonly Token[]) => Promise<readonly PromptLogprob[]>;
  readonly unrated: (token: Token) => PromptLogprob;
}

/** Everything that a generation needs when it gets its slot. */
export interface GenerationStart {
  readonly spec: GenerationSpec;
  readonly slot: Slot;
  readonly order: number;
  /** Prompt and resumed output, which have to be in the slot before the next token can be drawn. */
  readonly evaluated: readonly Token[];
  readonly options: SequenceEvaluateOptions;
  /** Null if every token stays as it was drawn. */
  readonly steer: Steer | null;
  readonly penalties: PenaltyWindow | null;
  readonly bias: ChangingBias | null;
  /** Has already been advanced by the resumed output. */
  readonly text: TextAssembler;
  /** See the event `started`. */
  readonly foreignTexts: readonly ForeignText[];
  /** Null if probabilities are not requested. */
  readonly ratings: RatedDraws | null;
  /** Null if those of the prompt are not requested. */
  readonly promptRater: PromptRater | null;
  readonly isEnd: (token: Token) => boolean;
  readonly contextLength: number;
  /** How much of it a round may prefill. */
  readonly chunk: Pick<AdaptiveChunk, 'tokens'>;
}
