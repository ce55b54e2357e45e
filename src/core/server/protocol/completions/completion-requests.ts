import { ChatstreamError } from '../../../base/errors.js';
import type { PromptSource } from '../../../engine/engine.js';
import type { InferenceRequest } from '../../../inference/request.js';
import type { ChatCompletionRequest, CompletionRequest } from '../../schemas/completions/completion-requests.js';
import { chatSource } from '../requests/chat-source.js';
import { chatTools } from '../requests/chat-tools.js';
import { outputFormat } from '../requests/output-format.js';
import { reasoningRequest } from '../requests/reasoning-requests.js';
import { resolvedRequest } from '../requests/resolved-request.js';
import { withCalls } from '../requests/tool-requests.js';
import { refuseUnsupported, refuseUnsupportedMessages } from '../requests/unsupported.js';

/**
 * A chat request with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as content that is not text
 */
export function fromChatRequest(body: ChatCompletionRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body, 'chat');
  refuseUnsupportedMessages(body.messages);
  refuseAlternativesAlone(body);
  const tools = chatTools(body);
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
      hint: 'Which one is best is known only at the end. Leave out "stream" or "best_of".',
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

/** If a prompt is written before and after a gap, it would be unclear where its tokens are in the text. */
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

/** How many prompts a request has: a list of numbers is the tokens of a single one. */
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
