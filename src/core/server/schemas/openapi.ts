import { Type } from 'typebox';
import { chatCompletion, chatCompletionChunk, completion, completionChunk } from './completions/completion-answers.js';
import { embeddings } from './completions/embeddings.js';
import { message, messagesError, messagesEvent } from './messages/messages-answers.js';
import { conversation, deletedConversation } from './responses/conversations.js';
import { feedback, feedbackList } from './responses/feedback.js';
import { deletedResponse, itemList, response, responseEvent } from './responses/response-answers.js';
import { conversationItem } from './responses/response-items.js';
import { loadTest } from './state/load-tests.js';
import { queueChange, queueStart } from './state/queue-events.js';
import { history, resources } from './state/resources.js';
import { model, modelList, queue } from './state/server-state.js';
import { usage } from './state/usage.js';

const error = Type.Object({
  error: Type.Object({
    message: Type.String({ description: 'What is wrong and what to do about it, for people.' }),
    type: Type.String({ description: "OpenAI's type of error." }),
    param: Type.Union([Type.String(), Type.Null()], {
      description: 'The parameter that caused the error, if there is one.',
    }),
    code: Type.String({ description: 'For programs, such as queue_full.' }),
    n_prompt_tokens: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Tokens of a prompt that does not fit, or as many as were counted.' }),
    ),
    n_ctx: Type.Optional(Type.Integer({ minimum: 1, description: 'Tokens that fit, prompt and answer together.' })),
  }),
});

/** The schemas that the OpenAPI document shows under a separate name. */
const named = {
  ChatCompletion: chatCompletion,
  ChatCompletionChunk: chatCompletionChunk,
  Completion: completion,
  CompletionChunk: completionChunk,
  Conversation: conversation,
  ConversationItem: conversationItem,
  DeletedConversation: deletedConversation,
  DeletedResponse: deletedResponse,
  Embeddings: embeddings,
  Error: error,
  Feedback: feedback,
  FeedbackList: feedbackList,
  History: history,
  LoadTest: loadTest,
  Message: message,
  MessagesError: messagesError,
  MessagesEvent: messagesEvent,
  ItemList: itemList,
  Model: model,
  ModelList: modelList,
  Queue: queue,
  QueueChange: queueChange,
  QueueSnapshot: queueStart,
  Resources: resources,
  Response: response,
  ResponseStreamEvent: responseEvent,
  Usage: usage,
} as const;

type Name = keyof typeof named;

/** For Fastify, which finds schemas by their `$id`. */
export const namedSchemas = Object.entries(named).map(([name, schema]) => ({ ...schema, $id: name }));

/** One answer in OpenAPI's terms, for a route's `schema.response`. Answers are neither checked nor changed by it. */
export type ResponseSchema = Readonly<Record<string, unknown>>;

export type Responses = Readonly<Record<number, ResponseSchema>>;

const statuses = {
  400: 'The request is wrong, or asks for something that is not supported.',
  401: 'The key is missing or wrong.',
  403: 'The role of the key does not allow it, or the key may not use the model.',
  404: 'There is no such model, response, conversation or item.',
  408: 'The body arrived too slowly.',
  409: 'Another client holds max_concurrency.',
  413: 'The body is too large.',
  415: 'The body is not JSON, or compressed.',
  429: 'The queue is full, the first token would come too late, or the key has reached a limit.',
  500: 'The engine failed on this request.',
  502: 'The upstream server failed.',
  503: 'The request waited too long or would miss its deadline, the server is shutting down or has no connection to spare, or the engine is down.',
  507: 'The store cannot be used; its disk may be full.',
} as const;

type ErrorStatus = keyof typeof statuses;

const retryAfter = {
  'retry-after': { type: 'integer', description: 'Seconds after which trying again makes sense.' },
} as const;

/** @param schema the name of a schema, or a schema without a name */
export function json(description: string, schema: Name | object): ResponseSchema {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

export function text(description: string): ResponseSchema {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

const comments =
  'Comments such as `: queued position=3 eta_ms=1200` give the place in the queue, and others such as `: prefill elapsed_ms=10000` keep the connection alive.';

/** A generated answer, whole or as a stream of chunks in server-sent events. */
export function generated(whole: Name, chunk: Name): ResponseSchema {
  return {
    description: `The answer. With "stream": true, server-sent events with a chunk in each \`data:\`, and \`data: [DONE]\` at the end; an error after the beginning is also an event. ${comments}`,
    content: {
      'application/json': { schema: reference(whole) },
      'text/event-stream': { schema: { anyOf: [reference(chunk), reference('Error')] } },
    },
  };
}

/** A stream of server-sent events that only ends with the server. */
export function endlessEvents(description: string, ...events: readonly Name[]): ResponseSchema {
  return { description, content: { 'text/event-stream': { schema: { anyOf: events.map(reference) } } } };
}

/** A generated answer, whole or as a stream of server-sent events of several types. */
export function generatedEvents(whole: Name, ...events: readonly Name[]): ResponseSchema {
  return {
    description: `The answer. With "stream": true, server-sent events with their \`type\` as their name. ${comments}`,
    content: {
      'application/json': { schema: reference(whole) },
      'text/event-stream': { schema: { anyOf: events.map(reference) } },
    },
  };
}

/** The error answers of a route. */
export function errors(...codes: readonly ErrorStatus[]): Responses {
  return errorsAs('Error', codes);
}

/** The error answers of a route, in the shape of a protocol. */
export function errorsAs(shape: 'Error' | 'MessagesError', codes: readonly ErrorStatus[]): Responses {
  return Object.fromEntries(
    codes.map((code) => {
      const isBusy = code === 429 || code === 503;
      return [code, { ...json(statuses[code], shape), ...(isBusy && { headers: retryAfter }) }];
    }),
  );
}

function reference(schema: Name | object): object {
  return typeof schema === 'string' ? { $ref: `${schema}#` } : schema;
}
