import { describe, expect, it } from 'vitest';
import { relayedRefusal } from '../../../../../src/core/server/protocol/relayed/relayed-failure.js';

/** The last event of a stream that its upstream has refused with this body, after comments. */
function refusedWith(body: unknown, path: string): unknown {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const data = /^data: (\{.*)$/m.exec(relayedRefusal(Buffer.from(text), path, 'request', 7))?.[1];
  return JSON.parse(data ?? 'null');
}

const openAi = { error: { message: 'too long', type: 'invalid_request_error', param: 'messages', code: null } };

describe('a stream that is refused after comments', () => {
  it.each([
    ['OpenAI', openAi, openAi],
    ['vLLM', { object: 'error', message: 'too long', code: 400 }, { error: { message: 'too long', code: 400 } }],
    ['Ollama', { error: 'too long' }, { error: { message: 'too long' } }],
    ['Google', [{ error: { message: 'too long', code: 400 } }], { error: { message: 'too long', code: 400 } }],
    ['nothing known', '<html>', { error: { code: 'upstream_failed' } }],
    ['an object without an error', { detail: 'too long' }, { error: { code: 'upstream_failed' } }],
  ])('says why in the shape of its protocol: %s', (_who, body, said) => {
    expect(refusedWith(body, '/v1/chat/completions')).toMatchObject(said);
  });

  it.each([
    ['Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'full' }, request_id: 'one' }],
    ['llama-server', { error: { type: 'overloaded_error', message: 'full', code: 400 } }],
  ])('says why in the Messages API: %s', (_who, body) => {
    const error = { type: 'overloaded_error', message: 'full' };
    expect(refusedWith(body, '/v1/messages')).toMatchObject({ type: 'error', error });
  });

  it('says why in the Responses API', () => {
    const said = { type: 'error', message: 'too long', sequence_number: 7 };
    expect(refusedWith({ error: 'too long' }, '/v1/responses')).toMatchObject(said);
  });
});
