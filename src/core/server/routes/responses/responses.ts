import { setImmediate as nextIteration } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { ChatstreamError } from '../../../base/errors.js';
import type { InferenceRequest } from '../../../inference/request.js';
import { clientOf } from '../../http/connections/open-answers.js';
import type { App, ServerContext } from '../../http/context.js';
import { sendLeftOut } from '../../http/left-out.js';
import { type AnswerName, goingOn, unnamedError } from '../../protocol/completions/resumption.js';
import { Fingerprints } from '../../protocol/fingerprint.js';
import { leftOutItems, leftOutTools } from '../../protocol/requests/hosted-tools.js';
import { idsIn, inputItems, referencesIn } from '../../protocol/responses/items/input-items.js';
import { keyOf, newKey, responseId, responseOfItem } from '../../protocol/responses/items/item-ids.js';
import { calledTools } from '../../protocol/responses/items/namespaces.js';
import { ResponseEncoder } from '../../protocol/responses/response-encoder.js';
import { type ResponseFields, responseFields } from '../../protocol/responses/response-fields.js';
import { readProgress } from '../../protocol/responses/response-progress.js';
import { aboutInput, fromResponseRequest, wantedLogprobs } from '../../protocol/responses/response-requests.js';
import { assertSize, Conversations } from '../../protocol/responses/stored/conversations.js';
import { FeedbackBox } from '../../protocol/responses/stored/feedback.js';
import { type StoredResponse, StoredResponses } from '../../protocol/responses/stored/stored-responses.js';
import { isFeedback, isStoredConversation, isStoredResponse } from '../../protocol/responses/stored/stored-values.js';
import { errors, generatedEvents, json } from '../../schemas/openapi.js';
import type { ResponseObject } from '../../schemas/responses/response-answers.js';
import type { ConversationItem } from '../../schemas/responses/response-items.js';
import { type ResponseRequest, responseRequest } from '../../schemas/responses/response-requests.js';
import { inputTokens } from '../../schemas/state/server-state.js';
import { callerOf, countAgainstLimits, GenerationAnswer, generationStatuses, servedModel } from '../generation.js';
import { resumableAnswer } from '../resuming.js';
import { conversationRoutes } from './conversations.js';
import { feedbackRoutes } from './feedback.js';
import { storedResponseRoutes } from './stored-responses.js';

const tags = ['responses'];

/** OpenAI's Responses API: answers that are kept, and that later requests continue. */
export function responseRoutes(app: App, context: ServerContext): void {
  const { storage } = context;
  const answering = { ...context, fingerprints: new Fingerprints(context.version) };
  const responses = new StoredResponses(storage.collection('responses', isStoredResponse));
  const conversations = new Conversations(storage.collection('conversations', isStoredConversation));
  conversationRoutes(app, context, conversations, responses);
  storedResponseRoutes(app, responses);
  feedbackRoutes(app, context, new FeedbackBox(storage.collection('feedback', isFeedback), responses, conversations));

  const create = {
    summary: 'Answer a conversation, and keep the answer',
    tags,
    body: responseRequest,
    response: { 200: generatedEvents('Response', 'ResponseStreamEvent'), ...errors(...generationStatuses, 507) },
  };
  app.post('/v1/responses', { schema: create }, ({ body }, reply) =>
    answer(answering, { responses, conversations }, body, reply),
  );

  const counting = {
    summary: 'Number of tokens in the prompt of a response',
    tags,
    body: responseRequest,
    response: { 200: json('The number.', inputTokens), ...errors(...generationStatuses, 507) },
  };
  app.post('/v1/responses/input_tokens', { schema: counting }, async ({ body }, reply) => {
    const model = servedModel(context, body.model, reply);
    const id = responseId(newKey());
    const name = { id, created: 0, model: model.name };
    const { request } = await asked(context, { responses, conversations }, body, name, id);
    countAgainstLimits(context, reply);
    const counted = { ...request, ...callerOf(context, reply, request.trafficClass) };
    const prompt = await model.inference.promptOf(counted, clientOf(reply)).catch(rethrowAboutInput);
    return { object: 'response.input_tokens', input_tokens: prompt.length };
  });
}

interface Kept {
  readonly responses: StoredResponses;
  readonly conversations: Conversations;
}

/** A request, and what its response repeats of it. */
interface Asked {
  readonly request: InferenceRequest;
  readonly key: string;
  readonly fields: ResponseFields;
  readonly input: readonly ConversationItem[];
}

/** Items of which a chat is made at once with all that comes before: more take milliseconds for each step. */
const manyItems = 1000;

async function asked(
  context: ServerContext,
  { responses, conversations }: Kept,
  body: ResponseRequest,
  { id, created: createdAt, model }: Pick<AnswerName, 'id' | 'created' | 'model'>,
  requestId: string,
): Promise<Asked> {
  const key = keyOf(id);
  if (key === null) throw unnamedError();
  const fields = responseFields(body, { id, createdAt, model });
  const before = await itemsBefore({ responses, conversations }, fields);
  // One that is resumed here may have ended here as well.
  const own = new Set(body.resume === undefined || body.resume === null ? [] : idsIn(body.input));
  const said = before.filter((item) => responseOfItem(item.id) !== id && !own.has(item.id));
  const find = await responses.finder(referencesIn(body.input), 'input');
  // Created for the first id, because most requests have none, and some have thousands.
  let saidIds: ReadonlySet<string> | null = null;
  const isSaid = (itemId: string): boolean => (saidIds ??= new Set(said.map((item) => item.id))).has(itemId);
  const input = inputItems(body.input, { key, find, isSaid, param: 'input' });
  const items = said.length === 0 ? input : [...said, ...input];
  if (fields.conversation !== null) assertSize(items, 'conversation');
  // A megabyte has 33,000 of them, and what is stored can be much longer than a body.
  if (items.length > manyItems) await nextIteration();
  const request = fromResponseRequest(body, requestId, items, context.options.defaultMaxTokens);
  return { request, key, fields, input };
}

async function answer(
  context: ServerContext & { readonly fingerprints: Fingerprints },
  stores: Kept,
  body: ResponseRequest,
  reply: FastifyReply,
): Promise<object | undefined> {
  const isStream = body.stream === true;
  const model = servedModel(context, body.model, reply);
  const { info } = model.inference;
  const own = {
    id: responseId(newKey()),
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  };
  const resume = body.resume ?? null;
  // The last events repeat the probabilities of all tokens.
  const isPossible = isStream && wantedLogprobs(body) === null;
  const { fingerprints } = context;
  const { name, resumable, asserting } = resumableAnswer(own, { info, fingerprints }, { resume, isPossible }, reply);
  // A server that resumes a response may still be generating it for a connection that is broken: hence two ids.
  const { request, key, fields, input } = await asked(context, stores, body, name, own.id);
  sendLeftOut([...leftOutTools(body.tools ?? []), ...leftOutItems(body.input)], reply);
  const isResumed = resume !== null;
  const encoder = new ResponseEncoder({
    fields,
    key,
    names: calledTools(body.tools ?? []),
    sealsThoughts: body.include?.includes('reasoning.encrypted_content') ?? false,
    ...(isResumed && { begun: readProgress(resume.state) }),
    onEnded: async (response) => {
      const isKept = isResumed && (await stores.responses.hasEnded(response.id));
      return isKept ? response : await kept(stores, { response, input });
    },
    onStopped: (response) => {
      if (response.store && !isResumed) stores.responses.keepLater({ response, input });
    },
  });
  const generated = isResumed ? goingOn({ ...request, ...asserting }, resume, info) : request;
  const generation = new GenerationAnswer(context, model, generated, encoder, reply);
  try {
    if (!isStream) return await generation.whole();
    await generation.streamed(body.stream_options?.include_queue ?? false, resumable);
    return;
  } catch (error) {
    return rethrowAboutInput(error);
  } finally {
    encoder.abandoned();
  }
}

function rethrowAboutInput(error: unknown): never {
  throw aboutInput(error);
}

/**
 * Keeps a response, and adds it to its conversation. If the store fails, or the conversation has become too long or has got one
 * of the items meanwhile, the client still gets its answer, which then says that it is not stored, or not in the conversation.
 */
async function kept({ responses, conversations }: Kept, stored: StoredResponse): Promise<ResponseObject> {
  const { response, input } = stored;
  const { conversation, output } = response;
  // First, because a response that is not part of its conversation must not be found later.
  const isAdded =
    conversation === null || (await isDone(conversations.appendIfKept(conversation.id, { input, output })));
  if (!isAdded) return { ...response, conversation: null, store: false };
  const isStored = response.store && (await isDone(responses.keep(stored)));
  return { ...response, store: isStored };
}

/** Whether the change of a store was made; false if it fails or is refused. */
async function isDone(change: Promise<void>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof ChatstreamError && ['storage_failed', 'invalid_request'].includes(error.code)) return false;
    throw error;
  }
}

/** What was said before the response. @throws ChatstreamError `not_found`, `storage_failed` */
async function itemsBefore(
  { responses, conversations }: Kept,
  { id, previous_response_id: previous, conversation }: ResponseFields,
): Promise<readonly ConversationItem[]> {
  if (previous !== null && conversation !== null) throw twoHistoriesError();
  if (previous !== null) return responses.itemsUpTo(previous, id);
  if (conversation === null) return [];
  return (await conversations.find(conversation.id, 'conversation')).items;
}

function twoHistoriesError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A response cannot continue both a response and a conversation.', {
    param: 'previous_response_id',
    hint: 'Leave out "previous_response_id" or "conversation".',
  });
}
