import type { Llama, LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';

import { ChatstreamError } from '../../base/errors.js';
import type { Token } from '../engine.js';

// Everything in node-llama-cpp that we need and that it does not offer publicly. Checked at run time, because an update
// may move it without notice. Last checked with 3.22.1.

/**
 * Moves a grammar on by a token that was not sampled with it. The library does so itself for tokens it samples; a
 * resumed generation begins with tokens that another process sampled.
 */
export function acceptGrammarToken(llama: Llama, state: LlamaGrammarEvaluationState, token: Token): void {
  const sampler = property(property(llama, '_bindings'), 'AddonSampler');
  const accept = property(sampler, 'acceptGrammarEvaluationStateToken');
  if (typeof accept !== 'function') throw moved('AddonSampler.acceptGrammarEvaluationStateToken');
  Reflect.apply(accept, sampler, [property(state, '_state'), token]);
}

/** Biases the logit of any token. `TokenBias.set` silently leaves end-of-generation tokens as they are. */
export function biasLogit(bias: TokenBias, token: Token, logit: number): void {
  const biases = property(bias, '_biases');
  if (!(biases instanceof Map)) throw moved('TokenBias._biases');
  biases.set(token, logit);
}

function property(owner: unknown, name: string): unknown {
  const isOwner = (typeof owner === 'object' && owner !== null) || typeof owner === 'function';
  return isOwner ? Reflect.get(owner, name) : undefined;
}

function moved(name: string): ChatstreamError {
  return new ChatstreamError('engine_failed', `The installed node-llama-cpp has no ${name}.`, {
    hint: 'Install the version of node-llama-cpp that package-lock.json names.',
  });
}
