import { Ajv } from 'ajv';
import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { ChatstreamError } from '../../../../../src/core/base/errors.js';
import { invalidValueError } from '../../../../../src/core/server/http/validation/invalid-values.js';
import {
  chatCompletionRequest,
  completionRequest,
} from '../../../../../src/core/server/schemas/completions/completion-requests.js';
import { embeddingRequest } from '../../../../../src/core/server/schemas/completions/embeddings.js';
import { messagesRequest } from '../../../../../src/core/server/schemas/messages/messages-requests.js';
import { newItems } from '../../../../../src/core/server/schemas/responses/conversations.js';
import { feedbackRequest } from '../../../../../src/core/server/schemas/responses/feedback.js';
import { itemPage } from '../../../../../src/core/server/schemas/responses/item-pages.js';
import { responseRequest } from '../../../../../src/core/server/schemas/responses/response-requests.js';
import { loadRequest } from '../../../../../src/core/server/schemas/state/load-tests.js';
import { drainRequest, queueLimits } from '../../../../../src/core/server/schemas/state/server-state.js';

const ajv = new Ajv({ strict: false });

type Part = 'body' | 'querystring' | 'params';

/** What is wrong with a part of a request; null if nothing is. */
function problem(schema: object, value: unknown, validationContext: Part = 'body'): ChatstreamError | null {
  const validate = ajv.compile(schema);
  if (validate(value)) return null;
  const validation = (validate.errors ?? []).map((issue) => ({ ...issue, params: { ...issue.params } }));
  return invalidValueError({ validation, validationContext }, { body: value, query: value, params: value });
}

const requests = {
  chatCompletionRequest,
  completionRequest,
  responseRequest,
  messagesRequest,
  embeddingRequest,
  newItems,
  feedbackRequest,
  loadRequest,
  queueLimits,
  drainRequest,
};

/** What schemas and their checkers say of themselves. */
const jargon = /NOT|schema|pattern|property|properties|must be (?:string|integer|number|array|object|boolean|>|<)/;

describe('what is said of a wrong request', () => {
  it.each(Object.entries(requests))('of %s is a sentence', (_, schema) => {
    const some = fc.oneof(fc.jsonValue(), fc.array(fc.record({ type: fc.string(), role: fc.constant('user') })));
    const body = fc.dictionary(fc.constantFrom('other', ...Object.keys(schema.properties)), some);
    fc.assert(
      fc.property(fc.oneof(body, fc.jsonValue()), (value) => {
        const message = problem(schema, value)?.message;
        if (message === undefined) return;
        expect(message).toMatch(/^(?:The body|".*") (?:is missing|is not a known field|must .*|has .* mixed)\.$/s);
        expect(message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')).not.toMatch(jargon);
      }),
    );
  });

  it.each<[schema: object, value: unknown, message: string]>([
    [loadRequest, undefined, 'The body is missing.'],
    [loadRequest, [], 'The body must be an object, not an array.'],
    [loadRequest, { clients: 65, duration_s: 5, output_tokens: 5 }, '"clients" must be at most 64, not 65.'],
    [feedbackRequest, {}, '"response_id" is missing.'],
    [feedbackRequest, { like: true }, '"response_id" is missing.'],
    [feedbackRequest, { response_id: '', like: true }, '"response_id" must not be empty.'],
    [responseRequest, { metadata: { a: 5 } }, '"metadata.a" must be a string, not 5.'],
    [
      responseRequest,
      { input: [{ type: 'message', output: 5 }] },
      '"input.0.output" must be a string or an array, not 5.',
    ],
    [messagesRequest, { messages: [{ role: 'user' }] }, '"messages.0.content" is missing.'],
    [messagesRequest, { messages: [{ role: 'user', content: [{}] }] }, '"messages.0.content.0.type" is missing.'],
    // Which has no prompts of tokens.
    [responseRequest, { input: ['a', 5] }, '"input.0" must be an object, not a string.'],
    [embeddingRequest, { input: ['a', 5] }, '"input" has texts and tokens, which cannot be mixed.'],
    [embeddingRequest, { input: [] }, '"input" must not be empty.'],
    [
      chatCompletionRequest,
      { messages: [{ role: 'assistant', tool_calls: [{ type: 'mcp', function: { name: 'f', arguments: '' } }] }] },
      '"messages.0.tool_calls.0.type" must be "function" or "custom", not "mcp".',
    ],
  ])('says which parameter it is, what is expected and what was given: case %#', (schema, value, message) => {
    expect(problem(schema, value)?.message).toBe(message);
  });

  it.each<[schema: object, value: object, hint: string | undefined]>([
    [chatCompletionRequest, { prompt: 'Hi' }, 'The body has "prompt" instead, which is for /v1/completions.'],
    [messagesRequest, { prompt: 'Hi', max_tokens: 1 }, 'The body has "prompt" instead, which is for /v1/completions.'],
    [
      completionRequest,
      { messages: [] },
      'The body has "messages" instead, which is for /v1/chat/completions and /v1/messages.',
    ],
    [
      chatCompletionRequest,
      { input: 'Hi' },
      'The body has "input" instead, which is for /v1/responses and /v1/embeddings.',
    ],
    [embeddingRequest, { prompt: 'Hi' }, 'The body has "prompt" instead, which is for /v1/completions.'],
    [chatCompletionRequest, { model: 'm' }, undefined],
    [chatCompletionRequest, { messages: 5, prompt: 'Hi' }, undefined],
  ])('says which API takes what is there instead of what is missing: case %#', (schema, value, hint) => {
    expect(problem(schema, value)?.hint).toBe(hint);
  });

  it('names the part of a request that is not the body', () => {
    expect(problem(itemPage, { limit: '101' }, 'querystring')).toMatchObject({
      message: '"limit" must be a whole number from 1 to 100, not "101".',
      param: 'limit',
    });
    expect(problem(itemPage, { order: 'up' }, 'querystring')?.message).toBe(
      '"order" must be "asc" or "desc", not "up".',
    );
    expect(problem(Type.Object({}, { minProperties: 2 }), { a: 'b' })?.message).toBe(
      'The body must have at least 2 members, not 1.',
    );
    expect(problem(Type.Object({}, { maxProperties: 0 }), { a: 'b' }, 'querystring')?.message).toBe(
      'The query must have at most 0 members, not 1.',
    );
  });

  it('has no words of the library where there are none of its own', () => {
    expect(problem(Type.Object({ a: Type.String({ pattern: '^b$' }) }), { a: 'c' })?.message).toBe('"a" is not valid.');
    expect(problem({ properties: { a: { not: { const: 1 } } } }, { a: 1 })?.message).toBe('"a" is not valid.');
  });

  it('finds a value whose name has characters that pointers escape', () => {
    const schema = Type.Object({ map: Type.Record(Type.String(), Type.String()) });
    expect(problem(schema, { map: { 'a/b~c': 5 } })).toMatchObject({
      message: '"map.a/b~c" must be a string, not 5.',
      param: 'map.a/b~c',
    });
  });

  it('quotes no text that may be what somebody has written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), (text) => {
        const { message } = problem(chatCompletionRequest, { messages: `secret ${text}` }) ?? {};
        expect(message).toBe('"messages" must be an array, not a string.');
      }),
    );
  });
});
