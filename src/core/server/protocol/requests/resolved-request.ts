import { ChatstreamError } from '../../../base/errors.js';
import type { PromptSource } from '../../../engine/engine.js';
import type { InferenceRequest } from '../../../inference/request.js';
import { type GenerationParameters, mostTokens } from '../../schemas/completions/completion-requests.js';
import { samplingOf } from './sampling.js';
import { trafficClassOf } from './traffic-class.js';

/**
 * The parts of a request that all protocols have in common.
 *
 * @param mayBeEmpty whether an answer without tokens makes sense
 * @throws ChatstreamError `invalid_request`
 */
export function resolvedRequest(
  body: GenerationParameters,
  id: string,
  source: PromptSource,
  defaultMaxTokens: number,
  mayBeEmpty = body.echo === true,
): Omit<InferenceRequest, 'format' | 'thoughtTokens'> {
  const stop = body.stop ?? [];
  const maxTokens = maxTokensOf(body, defaultMaxTokens, mayBeEmpty);
  return {
    id,
    source,
    maxTokens,
    minTokens: minTokensOf(body, maxTokens),
    sampling: samplingOf(body),
    stop: [stop].flat().filter((text) => text !== ''),
    stopTokens: body.stop_token_ids ?? [],
    ignoreEos: body.ignore_eos ?? false,
    ...trafficClassOf(body),
    ...(typeof body.deadline_ms === 'number' && { deadlineMs: body.deadline_ms }),
  };
}

/** In order of precedence. */
const limits = ['max_completion_tokens', 'max_tokens', 'n_predict', 'max_new_tokens', 'num_predict'] as const;

/** @throws ChatstreamError `invalid_request` for a limit of 0 where an answer may not be empty */
function maxTokensOf(body: GenerationParameters, defaultMaxTokens: number, mayBeEmpty: boolean): number {
  const zero = limits.find((param) => body[param] === 0);
  if (zero !== undefined && !mayBeEmpty) {
    throw new ChatstreamError('invalid_request', `"${zero}" must be 1 or more, or -1.`, { param: zero });
  }
  const wanted = limits.map((param) => body[param]).find((limit) => typeof limit === 'number') ?? defaultMaxTokens;
  return wanted === -1 ? mostTokens : wanted;
}

function minTokensOf(body: GenerationParameters, maxTokens: number): number {
  const minTokens = body.min_tokens ?? 0;
  if (minTokens <= maxTokens) return minTokens;
  throw new ChatstreamError('invalid_request', `"min_tokens" is more than the ${maxTokens} tokens that are allowed.`, {
    param: 'min_tokens',
    hint: 'Send a higher "max_tokens", or a lower "min_tokens".',
  });
}
