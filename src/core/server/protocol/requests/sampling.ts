import { ChatstreamError } from '../../../base/errors.js';
import type { ExcludeTopChoices, RepetitionPenalty, Sampling } from '../../../engine/sampling.js';
import type { GenerationParameters } from '../../schemas/completions/completion-requests.js';
import { samplingDefaults as defaults } from '../../schemas/shared/sampling-parameters.js';
import { sequenceBreakersOf } from './sequence-breakers.js';

/** More tokens than any context has. */
const allTokens = 2 ** 31 - 1;

/** llama.cpp drops no candidates above this threshold. */
const highestThreshold = 0.5;

/**
 * How to draw tokens, with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for two names of the same parameter with different values
 */
export function samplingOf(body: GenerationParameters): Sampling {
  return {
    temperature: body.temperature ?? defaults.temperature,
    topP: body.top_p ?? defaults.top_p,
    topK: Math.max(0, body.top_k ?? defaults.top_k),
    minP: body.min_p ?? defaults.min_p,
    seed: seedOf(body.seed ?? null),
    presencePenalty: body.presence_penalty ?? defaults.presence_penalty,
    frequencyPenalty: body.frequency_penalty ?? defaults.frequency_penalty,
    repeatPenalty: repeatPenalty(body) ?? defaults.repeat_penalty,
    penaltyTokens: penaltyTokens(body),
    xtc: xtcOf(body),
    dry: dryOf(body),
    logitBias: body.logit_bias ?? {},
  };
}

/** Requests without a seed must draw differently, even if two arrive in the same millisecond. */
function seedOf(given: number | null): number {
  // −1 stands for no seed in llama-server and vLLM.
  const seed = given === null || given === -1 ? Math.floor(Math.random() * 2 ** 32) : given;
  return seed >>> 0;
}

function repeatPenalty({ repeat_penalty: one, repetition_penalty: other }: GenerationParameters): number | null {
  if (typeof one === 'number' && typeof other === 'number' && one !== other) {
    throw new ChatstreamError(
      'invalid_request',
      '"repeat_penalty" and "repetition_penalty" mean the same and differ.',
      {
        param: 'repetition_penalty',
        hint: 'Send only one of them.',
      },
    );
  }
  return one ?? other ?? null;
}

/** vLLM's name for the repeat penalty stands for one that considers everything. */
function penaltyTokens(body: GenerationParameters): number | null {
  if (typeof body.repeat_last_n === 'number') return numberOfTokens(body.repeat_last_n);
  const isOfOutput = (body.presence_penalty ?? 0) !== 0 || (body.frequency_penalty ?? 0) !== 0;
  const isOfAll = typeof body.repetition_penalty === 'number' && typeof body.repeat_penalty !== 'number';
  return isOfAll && !isOfOutput ? allTokens : null;
}

function numberOfTokens(lastN: number): number {
  return lastN === -1 ? allTokens : lastN;
}

function xtcOf(body: GenerationParameters): ExcludeTopChoices | null {
  const probability = body.xtc_probability ?? defaults.xtc_probability;
  const threshold = body.xtc_threshold ?? defaults.xtc_threshold;
  return probability === 0 || threshold > highestThreshold ? null : { probability, threshold };
}

function dryOf(body: GenerationParameters): RepetitionPenalty | null {
  const multiplier = body.dry_multiplier ?? defaults.dry_multiplier;
  const lastTokens = numberOfTokens(body.dry_penalty_last_n ?? defaults.dry_penalty_last_n);
  if (multiplier === 0 || lastTokens === 0) return null;
  return {
    multiplier,
    base: body.dry_base ?? defaults.dry_base,
    allowedLength: body.dry_allowed_length ?? defaults.dry_allowed_length,
    lastTokens,
    breakers: sequenceBreakersOf(body.dry_sequence_breakers ?? ''),
  };
}
