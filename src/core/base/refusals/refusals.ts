import { ChatstreamError } from '../errors.js';
import { jsonMistake } from '../mistakes/json-mistakes.js';
import { isOllamaPath } from './ollama-paths.js';

/**
 * The errors that the server sends to its clients, one function each, sorted by code. Most errors with the code
 * `invalid_request` are missing, because they are about one parameter and are created where that parameter is read.
 *
 * No message contains a key, a header or the query of a URL.
 */

// body_timeout

/** For a body of which too little has arrived in time. The connection is closed after this answer. */
export function bodyTimeoutError(slowestBytesPerSecond: number, longestPauseMs: number): ChatstreamError {
  return new ChatstreamError('body_timeout', 'The request body arrived too slowly.', {
    hint: `At least ${slowestBytesPerSecond} bytes per second are expected, and no pause of ${longestPauseMs / 1000} s.`,
  });
}

// body_too_large

export function bodyTooLargeError(maxBodyBytes: number): ChatstreamError {
  return new ChatstreamError('body_too_large', 'The request body is too large.', {
    hint: `At most ${maxBodyBytes} bytes are accepted; the server's --max-body changes that.`,
  });
}

// cancelled

/** Only logs and metrics see this error: the client is gone. */
export function clientLeftError(): ChatstreamError {
  return new ChatstreamError('cancelled', 'The client left before its answer began.');
}

// context_length_exceeded

/**
 * In the words by which LiteLLM ("this model's maximum context length is"), LangChain ("exceeds the context window")
 * and others recognise it, so that they can try again with less or with another model.
 *
 * @param promptTokens the length of the prompt; a long one is not counted to its end
 * @param param the part of the request that is too long
 */
export function contextLengthError(
  promptTokens: number | { readonly atLeast: number },
  contextLength: number,
  param: string,
): ChatstreamError {
  const isCounted = typeof promptTokens === 'number';
  const known = isCounted ? promptTokens : promptTokens.atLeast;
  const count = isCounted ? known : `at least ${known}`;
  return new ChatstreamError(
    'context_length_exceeded',
    `This model's maximum context length is ${contextLength} tokens. The prompt has ${count} tokens, so that with an answer it exceeds the context window.`,
    {
      param,
      hint: 'Please reduce the length of the prompt, or start the server with a larger --context.',
      overflow: { promptTokens: known, contextLength },
    },
  );
}

/** The same for an input of embeddings, which needs no room for an answer. */
export function inputTooLongError(
  inputTokens: number | { readonly atLeast: number },
  contextLength: number,
  param: string,
): ChatstreamError {
  const isCounted = typeof inputTokens === 'number';
  const known = isCounted ? inputTokens : inputTokens.atLeast;
  const count = isCounted ? known : `at least ${known}`;
  return new ChatstreamError(
    'context_length_exceeded',
    `This model's maximum context length is ${contextLength} tokens. The input has ${count} tokens, so that it exceeds the context window.`,
    {
      param,
      hint: 'Please reduce the length of the input, or start the server with a larger --context.',
      overflow: { promptTokens: known, contextLength },
    },
  );
}

// engine_unavailable

/** Before the model has been loaded for the first time. */
export function engineLoadingError(): ChatstreamError {
  return new ChatstreamError('engine_unavailable', 'The model is still being loaded.', {
    hint: 'Try again in a moment; /readyz says when it is ready.',
    retryAfterSeconds: 1,
  });
}

/**
 * The engine died and could not be restarted.
 *
 * @param details.reason for the operator's log; not sent to clients
 * @param details.retryAfterSeconds left out by the engine, which does not know how busy the queue is
 */
export function engineDownError(details: {
  readonly reason?: string;
  readonly retryAfterSeconds?: number;
}): ChatstreamError {
  const { reason, retryAfterSeconds } = details;
  const message =
    reason === undefined ? 'The engine is down and could not be restarted.' : `The engine is down: ${reason}`;
  return new ChatstreamError('engine_unavailable', message, {
    hint: 'Try again later; the server log says why.',
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

/** The server itself stopped the engine. */
export function engineStoppedError(): ChatstreamError {
  return new ChatstreamError('engine_unavailable', 'The engine was stopped.', {
    hint: 'Try again in a moment; the server log says why.',
  });
}

// internal

/** The cause is only for the log, because it may name files of the server. */
export function internalError(cause: unknown): ChatstreamError {
  return new ChatstreamError('internal', 'Something went wrong in the server.', {
    hint: 'The server log has the details.',
    cause,
  });
}

// model_not_found

/** @param served a model that is served; null if there is none at the moment, for example before it is loaded */
export function modelNotFoundError(wanted: string, served: string | null): ChatstreamError {
  return new ChatstreamError('model_not_found', `The model "${wanted}" is not served here.`, {
    param: 'model',
    hint:
      served === null
        ? 'No model is served at the moment: try again when one is loaded.'
        : `Ask for "${served}", or leave the model out.`,
  });
}

// invalid_request

/** @param error thrown by `JSON.parse` */
export function invalidJsonError(error: unknown): ChatstreamError {
  return new ChatstreamError('invalid_request', `The body is not valid JSON: ${jsonMistake(error)}.`, {
    hint: 'Send one JSON object.',
  });
}

/**
 * A 400, because clients do not repeat those: OpenAI's repeat every status from 500 on, including llama-server's 501.
 */
export function noEmbeddingsError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'This server generates text and computes no embeddings.', {
    hint: 'Start a server with --embeddings and an embedding model.',
    param: 'model',
  });
}

export function onlyEmbeddingsError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'This server computes embeddings and generates no text.', {
    hint: 'Send an "input" to /v1/embeddings, or start a server without --embeddings.',
    param: 'model',
  });
}

// method_not_allowed

/** @param allowed the methods of this path, at least one */
export function methodNotAllowedError(method: string, path: string, allowed: readonly string[]): ChatstreamError {
  return new ChatstreamError('method_not_allowed', `The method ${method} is not allowed for ${path}.`, {
    hint: `Use ${allowed.join(' or ')}.`,
  });
}

// not_found

/**
 * @param meant the route that the client may have meant, with its methods if the client's method is not among them;
 *   null if no route is similar
 */
export function notFoundError(
  method: string,
  path: string,
  meant: { readonly path: string; readonly otherMethods: readonly string[] | null } | null,
): ChatstreamError {
  return new ChatstreamError('not_found', `There is no ${method} ${path} here.`, {
    hint: meant === null ? unlikeHint(path) : meantHint(meant.path, meant.otherMethods),
  });
}

function unlikeHint(path: string): string {
  if (isOllamaPath(path)) {
    return "This is a route of Ollama's own API. Switch the client to OpenAI's API, with a base URL that ends in /v1.";
  }
  if (/^\/(?:completion|infill)$/.test(path)) {
    return "This is a route of llama-server's own API. Switch the client to OpenAI's /v1/completions.";
  }
  return 'See /openapi.json for all routes.';
}

function meantHint(path: string, otherMethods: readonly string[] | null): string {
  if (otherMethods === null) return `It is ${path}${baseUrlFor(path)}.`;
  return `There is ${path} with ${otherMethods.join(' or ')}${baseUrlFor(path)}.`;
}

/** What the base URL has to be for a path, as the end of a sentence. */
function baseUrlFor(path: string): string {
  if (/^\/v1\/messages(\/|$)/.test(path)) {
    return ": Anthropic's clients add /v1 themselves, and their base URL is the server's address alone";
  }
  return path.startsWith('/v1/') ? ": a client's base URL ends in /v1, with nothing else in its path" : '';
}

/**
 * For a response that the server does not have.
 *
 * @param param the parameter that names it, unless the path does
 */
export function responseNotFoundError(id: string, param?: string): ChatstreamError {
  return new ChatstreamError('not_found', `There is no response "${id}" here.`, {
    hint: 'Either it was not stored ("store": false), or it was deleted, or it was not used for longer than --store-ttl.',
    ...(param !== undefined && { param }),
  });
}

/** @param param the parameter that refers to it, unless the path does */
export function itemNotStoredError(id: string, param?: string): ChatstreamError {
  return new ChatstreamError('not_found', `There is no item "${id}" here.`, {
    ...(param !== undefined && {
      hint: 'Items can be referred to as long as their response is stored. Send the item itself instead.',
      param,
    }),
  });
}

/** @param param the parameter that names it, unless the path does */
export function conversationNotFoundError(id: string, param?: string): ChatstreamError {
  return new ChatstreamError('not_found', `There is no conversation "${id}" here.`, {
    hint: 'Either it was deleted, or it was not used for longer than --store-ttl.',
    ...(param !== undefined && { param }),
  });
}

// storage_failed

/** For something other than an answer that cannot be kept or read: conversations, deletions. The log has the reason. */
export function storageFailedError(): ChatstreamError {
  return new ChatstreamError('storage_failed', 'The server cannot use its store.', {
    hint: 'Its disk may be full; the server log says why. Try again later.',
  });
}

/** For a value that is larger than a whole store in memory. */
export function tooLargeToKeepError(): ChatstreamError {
  return new ChatstreamError('storage_failed', 'This is too large for the server to keep.', {
    hint: 'Send less, or start the server with --store.',
  });
}

// too_many_connections

/** All connections that the server can keep open are busy with requests. */
export function tooManyConnectionsError(mostConnections: number): ChatstreamError {
  return new ChatstreamError(
    'too_many_connections',
    `The server answers requests on ${mostConnections} connections, the most that it can keep open.`,
    { hint: 'Try again in a moment; a higher limit of open files (ulimit -n) allows more.', retryAfterSeconds: 1 },
  );
}

// unsupported_media_type

export function notJsonError(): ChatstreamError {
  return new ChatstreamError('unsupported_media_type', 'The body is not declared as JSON.', {
    hint: 'Send the header "Content-Type: application/json".',
  });
}

/** @param encoding what the client calls the encoding of the body, such as `gzip` */
export function compressedError(encoding: string): ChatstreamError {
  return new ChatstreamError('unsupported_media_type', `The body is compressed (${encoding}).`, {
    hint: 'Send it uncompressed, without the header "Content-Encoding".',
  });
}

// websocket_unsupported

export function websocketError(path: string): ChatstreamError {
  return new ChatstreamError('websocket_unsupported', `There are no WebSockets at ${path}.`, {
    hint: 'Send the same as a POST, and read its answer as server-sent events.',
  });
}
