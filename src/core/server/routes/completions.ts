import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { PromptSource, Token } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import type { ModelService, ServedModel } from '../../inference/service/served-model.js';
import { clientOf } from '../http/connections/open-answers.js';
import type { App, ServerContext } from '../http/context.js';
import { choicesOf, refuseTooMany } from '../protocol/completions/choices.js';
import { readChoices } from '../protocol/completions/choices-progress.js';
import { CompletionChoicesEncoder, CompletionEncoder } from '../protocol/completions/completion-encoder.js';
import type { CompletionType } from '../protocol/completions/completion-head.js';
import {
  fromChatRequest,
  fromCompletionRequest,
  promptCount,
  type Ranking,
  rankingOf,
  wantedLogprobs,
} from '../protocol/completions/completion-requests.js';
import { goingOn } from '../protocol/completions/resumption.js';
import { Fingerprints } from '../protocol/fingerprint.js';
import { type CallForm, callFormOf } from '../protocol/requests/chat-tools.js';
import { renamedParam } from '../protocol/requests/refused-parameters.js';
import {
  chatCompletionRequest,
  type CompletionRequest,
  completionRequest,
} from '../schemas/completions/completion-requests.js';
import { generated, json } from '../schemas/openapi.js';
import { inputTokens } from '../schemas/state/server-state.js';
import {
  callerOf,
  ChoicesAnswer,
  countAgainstLimits,
  GenerationAnswer,
  generationErrors,
  identified,
  sendLimits,
  servedModel,
} from './generation.js';
import { resumableAnswer } from './resuming.js';

/** OpenAI's two completion APIs: chats and texts. */
export function completionRoutes(app: App, context: ServerContext): void {
  const { defaultMaxTokens } = context.options;
  const answering = { ...context, fingerprints: new Fingerprints(context.version) };
  const tags = ['generation'];
  const chat = {
    summary: 'Answer a chat',
    tags,
    body: chatCompletionRequest,
    response: { 200: generated('ChatCompletion', 'ChatCompletionChunk'), ...generationErrors },
  };
  app.post('/v1/chat/completions', { schema: chat }, ({ body }, reply) => {
    const request = fromChatRequest(body, `chatcmpl-${randomUUID()}`, defaultMaxTokens);
    const ranking = rankingOf({ n: body.n ?? 1 });
    const model = modelFor(context, body, { prompts: 1, ranking }, reply);
    const choices = { logprobs: body.logprobs === true, callForm: callFormOf(body), ranking, model };
    return answer(answering, { type: 'chat', prompts: [request], isEchoed: false, ...choices }, body, reply);
  });

  const counting = {
    summary: 'Number of tokens in the prompt of a chat',
    tags: ['tokens'],
    body: chatCompletionRequest,
    response: { 200: json('The number.', inputTokens), ...generationErrors },
  };
  app.post('/v1/chat/completions/input_tokens', { schema: counting }, async ({ body }, reply) => {
    const { inference } = servedModel(context, body.model, reply);
    const request = fromChatRequest(body, randomUUID(), defaultMaxTokens);
    countAgainstLimits(context, reply);
    const caller = callerOf(context, reply, request.trafficClass);
    const prompt = await inference.promptOf({ ...request, ...caller }, clientOf(reply));
    return { object: 'response.input_tokens', input_tokens: prompt.length };
  });

  const text = {
    summary: 'Continue a text',
    tags,
    body: completionRequest,
    response: { 200: generated('Completion', 'CompletionChunk'), ...generationErrors },
  };
  app.post('/v1/completions', { schema: text }, ({ body }, reply) => {
    const ranking = rankingOf(body);
    // Checked first, because a megabyte has a quarter of a million prompts, and turning them into requests would take
    // 0.4 s.
    const model = modelFor(context, body, { prompts: promptCount(body), ranking }, reply);
    const prompts = fromCompletionRequest(body, `cmpl-${randomUUID()}`, defaultMaxTokens);
    const choices = { logprobs: wantedLogprobs(body) !== null, callForm: 'tool_calls' as const, ranking, model };
    return answer(answering, { type: 'text', prompts, isEchoed: body.echo === true, ...choices }, body, reply);
  });
}

/**
 * The model that a request means.
 *
 * @throws ChatstreamError as `servedModel` does; `invalid_request` for more generations than can run and wait
 */
function modelFor(
  context: ServerContext,
  { model: wanted }: Pick<CompletionRequest, 'model'>,
  { prompts, ranking: { chosen, candidates } }: { readonly prompts: number; readonly ranking: Ranking },
  reply: FastifyReply,
): ServedModel {
  const model = servedModel(context, wanted, reply);
  const generations = { perPrompt: candidates, param: candidates > chosen ? 'best_of' : 'n' } as const;
  refuseTooMany(prompts, generations, model.inference.limits);
  return model;
}

/** What is to be answered. */
interface Asked {
  readonly model: ServedModel;
  readonly type: CompletionType;
  /** At least one. */
  readonly prompts: readonly InferenceRequest[];
  /** Whether an answer begins with its prompt. */
  readonly isEchoed: boolean;
  /** Whether the answer has the probabilities of its tokens. */
  readonly logprobs: boolean;
  readonly callForm: CallForm;
  readonly ranking: Ranking;
}

async function answer(
  context: ServerContext & { readonly fingerprints: Fingerprints },
  { model, type, prompts, isEchoed, logprobs, callForm, ranking: { chosen, candidates } }: Asked,
  body: Pick<CompletionRequest, 'stream' | 'stream_options' | 'service_tier' | 'resume'>,
  reply: FastifyReply,
): Promise<object | undefined> {
  const { stream, stream_options: options } = body;
  const requests = choicesOf(prompts, candidates);
  const [first] = requests;
  if (first === undefined) throw new ChatstreamError('internal', 'A request without a prompt was accepted.');
  const ownName = { id: first.id, created: Math.floor(Date.now() / 1000), model: model.name };
  const { info } = model.inference;
  const resume = body.resume ?? null;
  const { fingerprints } = context;
  const asked = { resume, isPossible: stream === true };
  const { name, resumable, asserting } = resumableAnswer(ownName, { info, fingerprints }, asked, reply);
  const head = { serviceTier: body.service_tier ?? null, ...name };
  const includeUsage = options?.include_usage ?? false;
  const includeQueue = options?.include_queue ?? false;
  const echoes = isEchoed ? await countedEchoesOf(context, model.inference, { prompts, requests }, reply) : [];
  if (requests.length === 1) {
    const request = resume === null ? first : goingOn({ ...first, ...asserting }, resume, info);
    const encoder = new CompletionEncoder(type, head, includeUsage, { echo: echoes[0] ?? '', logprobs, callForm });
    const generation = new GenerationAnswer(context, model, request, encoder, reply);
    return await (stream === true ? generation.streamed(includeQueue, resumable) : generation.whole());
  }
  const allEchoes = prompts.flatMap((_, prompt) => Array.from({ length: chosen }, () => echoes[prompt] ?? ''));
  const choices = { echoes: allEchoes, logprobs, callForm, perPrompt: candidates, kept: chosen };
  const encoder = new CompletionChoicesEncoder(type, head, includeUsage, choices);
  const begun = resume === null ? null : readChoices(resume, requests.length);
  const open = requests.flatMap((request, choice) => {
    const progress = begun?.[choice] ?? null;
    if (progress?.status === 'ended') return [];
    const isBegun = progress !== null && progress.tokens.length > 0;
    const asking = { ...request, ...asserting };
    return [isBegun ? goingOn(asking, progress, info) : asking];
  });
  const generation = new ChoicesAnswer(context, model, open, encoder, reply);
  const resumed = resumable === null ? null : { begun };
  return await (stream === true ? generation.streamed(includeQueue, resumed) : generation.whole());
}

/** The same as {@link echoesOf}. If it fails, `requests` end here: they are counted without being submitted. */
async function countedEchoesOf(
  context: ServerContext,
  inference: ModelService,
  { prompts, requests }: Pick<Asked, 'prompts'> & { readonly requests: readonly InferenceRequest[] },
  reply: FastifyReply,
): Promise<readonly string[]> {
  try {
    return await echoesOf(context, inference, prompts, reply);
  } catch (error) {
    const refusal = asChatstreamError(error);
    inference.refuse(
      requests.map((request) => identified(request, context, reply)),
      refusal,
    );
    throw refusal;
  }
}

/**
 * The prompts as text. Each takes a message to the engine, so limits come first; the requests are counted when they are
 * submitted.
 *
 * @throws ChatstreamError `rate_limited`, `quota_exceeded`, `invalid_request` for tokens that the model does not have
 */
async function echoesOf(
  context: ServerContext,
  inference: ModelService,
  prompts: readonly InferenceRequest[],
  reply: FastifyReply,
): Promise<readonly string[]> {
  sendLimits(context, reply);
  context.rates.assertLeft(context.keys.payerOf(reply.request.raw), 1);
  const client = clientOf(reply);
  return await Promise.all(
    prompts.map(async ({ source, trafficClass }) => {
      const prompt = promptOf(source);
      if (typeof prompt === 'string') return prompt;
      const caller = callerOf(context, reply, trafficClass);
      return await inference.detokenize(prompt, client, caller).catch(rethrowAboutPrompt);
    }),
  );
}

function rethrowAboutPrompt(error: unknown): never {
  throw renamedParam(error, 'tokens', 'prompt');
}

/** What a client sent as the prompt of a text, without its suffix. */
function promptOf(source: PromptSource): string | readonly Token[] {
  switch (source.type) {
    case 'text':
      return source.text;
    case 'tokens':
      return source.tokens;
    case 'infill':
      return source.prefix;
    case 'chat':
    case 'inputs':
      return '';
  }
}
