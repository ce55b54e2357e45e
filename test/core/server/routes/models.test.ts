import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, testApp } from '../../../support/app.js';

const mock = {
  id: 'mock',
  object: 'model',
  created: expect.any(Number) as number,
  owned_by: 'chatstream',
  root: 'mock',
  context_length: 4096,
  max_model_len: 4096,
  meta: {
    engine: 'mock',
    device: 'none',
    slots: 4,
    architecture: 'mock',
    parameters: null,
    trained_context_length: null,
    vocabulary_size: 1_114_114,
    file_bytes: null,
  },
};

describe('models', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it('lists the model that is served', async () => {
    const answer = await shared.get('/v1/models');
    expect(answer.json<unknown>()).toEqual({ object: 'list', data: [mock] });
  });

  it('lists none while it is being loaded', async () => {
    const { get } = await testApp({ unloaded: true });
    const answer = await get('/v1/models');
    expect(answer.json<unknown>()).toEqual({ object: 'list', data: [] });
  });

  it('describes one', async () => {
    const answer = await shared.get('/v1/models/mock');
    expect(answer.json<unknown>()).toEqual(mock);
  });

  it('describes one by the name of its file', async () => {
    const answer = await shared.get('/v1/models/mock.gguf');
    expect(answer.json<unknown>()).toEqual({ ...mock, id: 'mock.gguf' });
  });

  it('are listed under each alias, and under the name of the file', async () => {
    const { get } = await testApp({ server: { aliases: ['gpt-4o', 'team/large', '*'] } });
    const answer = await get('/v1/models');
    expect(answer.json<unknown>()).toEqual({
      object: 'list',
      data: [{ ...mock, id: 'gpt-4o' }, { ...mock, id: 'team/large' }, mock],
    });
  });

  it.each(['team/large', 'mock'])('are described under the name %s', async (name) => {
    const { get } = await testApp({ server: { aliases: ['team/large'] } });
    const answer = await get(`/v1/models/${encodeURIComponent(name)}`);
    expect(answer.json<unknown>()).toEqual({ ...mock, id: name });
  });

  it.each(['other', 'x'.repeat(255), 'gpt-4%2Fturbo'])('does not find %s', async (id) => {
    const answer = await shared.get(`/v1/models/${id}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json<unknown>()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
    });
  });
});
