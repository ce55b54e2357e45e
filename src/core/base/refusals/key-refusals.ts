import { ChatstreamError } from '../errors.js';
import { noKey } from '../no-key.js';
import { isMember, keyOf } from '../payer.js';
import { sentenceStart } from '../sentences.js';

/**
 * The errors about API keys: which are accepted, what they may do, and how much. Messages name a key but never contain
 * it, and do not mention keys to clients that sent none.
 */

// forbidden

/** @param allowed the roles that may do it, at least one */
export function forbiddenError(key: string, role: string, allowed: readonly string[]): ChatstreamError {
  return new ChatstreamError('forbidden', `${requestOf(key)} has the role ${role}, which may not do this.`, {
    hint: `It requires a key with the role ${allowed.join(' or ')}.`,
  });
}

/** For an action that only operators may take, on a server without keys. */
export function notLocalError(): ChatstreamError {
  return new ChatstreamError('forbidden', 'Without keys, only programs on the machine of the server may do this.', {
    hint: 'Start the server with --api-key or --config, and use a key with the role admin.',
  });
}

/** @param models those that the key may use, at least one */
export function forbiddenModelError(key: string, models: readonly string[]): ChatstreamError {
  return new ChatstreamError('forbidden', `${requestOf(key)} may not use this model.`, {
    hint: `It may use ${models.map((model) => `"${model}"`).join(', ')}.`,
    param: 'model',
  });
}

// model_not_found

/** For a key none of whose models is served. Its owner may not know which others are. */
export function noAllowedModelError(wanted: string): ChatstreamError {
  return new ChatstreamError('model_not_found', `The model "${wanted}" is not served here.`, {
    hint: 'Nor is any other model that this request may use. Ask the operator to add one of them, or to allow another.',
    param: 'model',
  });
}

/** Replaces an upstream's own error, which may name models that the owner of the key may not know. */
export function modelMissingUpstreamError(wanted: string): ChatstreamError {
  return new ChatstreamError('model_not_found', `The model "${wanted}" is not served here at the moment.`, {
    hint: 'The server that should have it does not; the operator can find out why.',
    param: 'model',
  });
}

// not_found

/** Replaces an upstream's own 404 that is not about models, for the same reason. */
export function missingUpstreamError(): ChatstreamError {
  return new ChatstreamError('not_found', 'The server that should answer has not found what this request refers to.', {
    hint: 'If the request names an earlier response, send the conversation itself; otherwise the operator can find out why.',
  });
}

// invalid_api_key

export function missingKeyError(): ChatstreamError {
  return new ChatstreamError('invalid_api_key', 'This server needs an API key.', {
    hint: 'Send it in the header "Authorization: Bearer KEY" or "x-api-key: KEY".',
  });
}

export function wrongKeyError(): ChatstreamError {
  return new ChatstreamError('invalid_api_key', 'This server does not accept this API key.');
}

// rate_limited, quota_exceeded

/** @param limit in words: `60 requests per minute` */
export function rateLimitedError(payer: string, limit: string, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('rate_limited', `${payerOf(payer, 'first')} has reached its limit of ${limit}.`, {
    hint: `Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}

export function quotaExceededError(payer: string, tokensPerDay: number, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError(
    'quota_exceeded',
    `${payerOf(payer, 'first')} has used its ${tokensPerDay} tokens per day.`,
    {
      hint: `More will be available in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    },
  );
}

/** For a request that counts as more requests than a key may send in a minute, so that waiting does not help. */
export function tooManyAtOnceError(payer: string, requests: number, perMinute: number): ChatstreamError {
  return new ChatstreamError(
    'invalid_request',
    `This counts as ${requests} requests, and ${payerOf(payer, 'within')} may send ${perMinute} per minute.`,
    { hint: 'It would always be refused. Ask for fewer answers at once.' },
  );
}

/**
 * For a request whose answers are generated together, and are more than a key may run at once, so that waiting does not
 * help.
 */
export function tooManyTogetherError(payer: string, answers: number, mostRunning: number): ChatstreamError {
  return new ChatstreamError(
    'invalid_request',
    `This asks for ${answers} answers at once, and ${payerOf(payer, 'within')} may have ${mostRunning} generated at once.`,
    { hint: 'It would always be refused. Ask for fewer answers at once.' },
  );
}

function requestOf(key: string): string {
  return key === noKey ? 'A request without a key' : `The key "${key}"`;
}

/** Whose limits apply; without a key, those of the client's address. @param place in the sentence */
function payerOf(payer: string, place: 'first' | 'within'): string {
  return place === 'first' ? sentenceStart(nameOf(payer)) : nameOf(payer);
}

function nameOf(payer: string): string {
  const key = keyOf(payer);
  if (key === noKey) return 'the address of this request, which has no key,';
  return isMember(payer) ? `this user of the key "${key}"` : `the key "${key}"`;
}
