/** How the next token is drawn. Every field is set: engines have no defaults of their own. */
export interface Sampling {
  /** 0 is greedy; up to 2. */
  readonly temperature: number;
  /** Nucleus sampling: above 0, up to 1; 1 is off. */
  readonly topP: number;
  /** Number of candidates that are kept, 1 or more; 0 keeps all (slow with large vocabularies). */
  readonly topK: number;
  /** Candidates less likely than this share of the most likely one are dropped, 0 to 1; 0 is off. */
  readonly minP: number;
  /** An integer from 0 to 2^32 − 1. The same seed and prompt give the same text where the backend is deterministic. */
  readonly seed: number;
  /** −2 to 2; 0 is off. */
  readonly presencePenalty: number;
  /** −2 to 2; 0 is off. */
  readonly frequencyPenalty: number;
  /** Above 0; 1 is off. */
  readonly repeatPenalty: number;
  /**
   * How many of the last tokens, of prompt and output, the three penalties consider; 0 turns them off. Null: presence and
   * frequency penalty consider the output, and the repeat penalty the last 64 tokens of prompt and output.
   */
  readonly penaltyTokens: number | null;
  /** Null is off. */
  readonly xtc: ExcludeTopChoices | null;
  /** Null is off. */
  readonly dry: RepetitionPenalty | null;
  /** Added to a token's logit, −100 (never) to 100 (always), by token number. */
  readonly logitBias: Readonly<Record<string, number>>;
}

/**
 * "Exclude top choices": now and then, of the candidates that are at least this likely, all but the least likely one are
 * dropped.
 */
export interface ExcludeTopChoices {
  /** How often, above 0, up to 1. */
  readonly probability: number;
  /** 0 to 0.5. */
  readonly threshold: number;
}

/**
 * "Don't repeat yourself" (DRY): makes a token less likely that would continue a repetition of what was written before. For
 * a repetition of `n` tokens, its logit is reduced by multiplier × base^(n − allowedLength).
 */
export interface RepetitionPenalty {
  /** Above 0. */
  readonly multiplier: number;
  /** 1 or more. */
  readonly base: number;
  /** Repetitions of fewer tokens cost nothing. */
  readonly allowedLength: number;
  /** How many of the last tokens, of prompt and output, are considered; 1 or more. */
  readonly lastTokens: number;
  /** Repetitions are not followed beyond one of these texts. */
  readonly breakers: readonly string[];
}
