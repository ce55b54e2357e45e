import { ChatstreamError } from '../../base/errors.js';
import type { PromptSource } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import {
  type ChatCompletionRequest,
  type CompletionRequest,
  type GenerationParameters,
  mostTokens,
} from '../schemas/completion-requests.js';
import { chatSource } from './chat-source.js';
import { outputFormat } from './output-format.js';
import { reasoningRequest } from './reasoning-requests.js';
import { samplingOf } from './sampling.js';
import { requestedTools, withCalls } from './tool-requests.js';
import { trafficClassOf } from './traffic-class.js';
import { refuseUnsupported, refuseUnsupportedMessages } from './unsupported.js';

/**
 * A chat request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as content that is not text
 */
export function fromChatRequest(body: ChatCompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body, 'chat');
  refuseUnsupportedMessages(body.messages);
  refuseAlternativesAlone(body);
  const tools = requestedTools(body);
  const reasoning = reasoningRequest(body);
  const request = resolvedRequest(body, id, chatSource(body, tools, reasoning), defaultMaxTokens);
  return {
    format: withCalls(tools, outputFormat(body)),
    thoughtTokens: reasoning.maxTokens,
    ...request,
    ...(body.logprobs === true && { logprobs: body.top_logprobs ?? 0 }),
  };
}

/**
 * A completion request with every default filled in, for each of its prompts.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported
 */
export function fromCompletionRequest(
  body: CompletionRequest,
  id: string,
  defaultMaxTokens: number,
): readonly InferenceRequest[] {
  refuseUnsupported(body, 'text');
  refuseEchoedSuffix(body);
  const { chosen, candidates } = rankingOf(body);
  // Candidates are compared by the probabilities of their tokens.
  const logprobs = wantedLogprobs(body) ?? (candidates > chosen ? 0 : null);
  const format = outputFormat(body);
  const sources = promptSources(body.prompt).map((source) => withSuffix(source, body.suffix ?? ''));
  return sources.map((source) => {
    const request = { format, thoughtTokens: null, ...resolvedRequest(body, id, source, defaultMaxTokens) };
    return logprobs === null ? request : { ...request, logprobs, ratesPrompt: ratesPrompt(body) };
  });
}

/** How many of the likeliest tokens are to be reported; null for no probabilities. */
export function wantedLogprobs({ logprobs }: Pick<CompletionRequest, 'logprobs'>): number | null {
  return typeof logprobs === 'number' ? logprobs : null;
}

/** How many answers a prompt gets, and among how many they are chosen. */
export interface Ranking {
  readonly chosen: number;
  /** No fewer. */
  readonly candidates: number;
}

type RankingParameters = Pick<CompletionRequest, 'n' | 'best_of' | 'stream'>;

/** @throws ChatstreamError `invalid_request` */
export function rankingOf({ n, best_of: bestOf, stream }: RankingParameters): Ranking {
  const chosen = n ?? 1;
  const candidates = bestOf ?? chosen;
  const param = 'best_of';
  if (candidates < chosen) {
    throw new ChatstreamError('invalid_request', `"best_of" is less than the ${chosen} answers of "n".`, { param });
  }
  if (candidates > chosen && stream === true) {
    throw new ChatstreamError('invalid_request', 'An answer with a "best_of" above "n" cannot be streamed.', {
      param,
      hint: 'It is only known at the end which one is the best. Leave out "stream" or "best_of".',
    });
  }
  return { chosen, candidates };
}

function refuseAlternativesAlone({ logprobs, top_logprobs: alternatives }: ChatCompletionRequest): void {
  if (logprobs === true || (alternatives ?? 0) === 0) return;
  throw new ChatstreamError('invalid_request', '"top_logprobs" needs "logprobs".', {
    param: 'top_logprobs',
    hint: 'Send "logprobs": true with it.',
  });
}

/** Of a prompt that is written before and after a gap, it would not be clear where its tokens are in the text. */
function refuseEchoedSuffix(body: CompletionRequest): void {
  if (!ratesPrompt(body) || (body.suffix ?? '') === '') return;
  throw new ChatstreamError('invalid_request', '"echo" with "logprobs" is not supported together with "suffix".', {
    param: 'suffix',
    hint: 'Leave out one of them.',
  });
}

function ratesPrompt(body: CompletionRequest): boolean {
  return body.echo === true && wantedLogprobs(body) !== null;
}

/**
 * What all protocols have in common of a request.
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

/** In the order in which they count. */
const limits = ['max_completion_tokens', 'max_tokens', 'n_predict'] as const;

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

/** How many prompts a request has: a list of numbers is the tokens of one. */
export function promptCount({ prompt }: Pick<CompletionRequest, 'prompt'>): number {
  return typeof prompt === 'string' || typeof prompt[0] === 'number' ? 1 : prompt.length;
}

function promptSources(prompt: CompletionRequest['prompt']): readonly PromptSource[] {
  if (typeof prompt === 'string') return [{ type: 'text', text: prompt }];
  const tokens = prompt.filter((each) => typeof each === 'number');
  if (tokens.length > 0) return [{ type: 'tokens', tokens }];
  return prompt.flatMap((each): PromptSource[] => {
    if (typeof each === 'string') return [{ type: 'text', text: each }];
    return typeof each === 'number' ? [] : [{ type: 'tokens', tokens: each }];
  });
}

function withSuffix(source: PromptSource, suffix: string): PromptSource {
  if (suffix === '') return source;
  switch (source.type) {
    case 'text':
      return { type: 'infill', prefix: source.text, suffix };
    case 'tokens':
      return { type: 'infill', prefix: source.tokens, suffix };
    case 'chat':
    case 'infill':
    case 'inputs':
      return source;
  }
}
