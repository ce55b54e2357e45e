import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import { chat, testApp } from '../../../../support/app.js';
import { linesApp } from '../../../../support/lines-app.js';

function key(name: string, role: KeySettings['role']): KeySettings {
  return { name, digest: digestOf(name), trafficClass: 'standard', role, terms: usualTerms, rates: noRates };
}

const sent = (name: string): { authorization: string } => ({ authorization: `Bearer ${name}` });

interface Used {
  readonly key: string;
  readonly requests: Readonly<Record<string, number>>;
  readonly tokens: Readonly<Record<string, number>>;
  readonly hours: readonly { readonly start: number }[];
}

describe('GET /v1/usage', () => {
  it('shows users themselves, and the others all', async () => {
    const { get, post } = await testApp({ keys: [key('anna', 'user'), key('ben', 'user'), key('boss', 'admin')] });
    await post('/v1/chat/completions', chat('hi', { max_tokens: 3 }), sent('anna'));
    await post('/v1/completions', { prompt: 'hi', max_tokens: 2, n: 2 }, sent('ben'));
    const usageOf = async (name: string, query = ''): Promise<readonly Used[]> =>
      (await get(`/v1/usage${query}`, sent(name))).json<{ readonly data: readonly Used[] }>().data;
    expect((await usageOf('boss')).map(({ key: name }) => name)).toEqual(['anna', 'ben']);
    expect((await usageOf('boss', '?key=anna')).map(({ key: name }) => name)).toEqual(['anna']);
    expect(await usageOf('anna', '?key=ben')).toEqual([]);
    const [ben] = await usageOf('ben', '?hours=1');
    expect(ben).toMatchObject({ key: 'ben', requests: { completed: 2, refused: 0 }, tokens: { output: 4 } });
    expect(ben?.hours.map(({ start }) => start % 3600)).toEqual([0]);
  });

  it('is told to Prometheus with the names of keys only', async () => {
    const { get, post } = await testApp({ keys: [key('anna', 'user'), key('boss', 'admin')] });
    await post('/v1/chat/completions', chat('hi', { max_tokens: 3, user: 'somebody' }), sent('anna'));
    const { body } = await get('/metrics', sent('boss'));
    const lines = body.split('\n').filter((line) => line.startsWith('chatstream_key_'));
    expect(lines).toContain('chatstream_key_requests_total{key="anna",outcome="completed"} 1');
    expect(lines).toContain('chatstream_key_output_tokens_total{key="anna"} 3');
    expect(lines.every((line) => line.includes('key="anna"'))).toBe(true);
  });

  it('counts embeddings for their key', async () => {
    const { get, post } = await testApp({ engine: { embeddings: true }, keys: [key('anna', 'admin')] });
    await post('/v1/embeddings', { input: 'hi' }, sent('anna'));
    const { data } = (await get('/v1/usage', sent('anna'))).json<{ readonly data: readonly Used[] }>();
    expect(data).toMatchObject([{ key: 'anna', requests: { completed: 1 } }]);
  });

  it('says which models were used where there are several, and so do the metrics', async () => {
    const { get, post } = await linesApp({ models: ['small', 'large'] });
    await post('/v1/chat/completions', { ...chat('hi', { max_tokens: 3 }), model: 'large' });
    await post('/v1/chat/completions', { ...chat('hi', { max_tokens: 2 }), model: 'small' });
    await post('/v1/chat/completions', { ...chat('hi', { max_tokens: 2 }), model: 'unknown' });
    const { data } = (await get('/v1/usage')).json<{ readonly data: readonly Used[] }>();
    const models = [
      { model: 'large', requests: { completed: 1 }, tokens: { output: 3 } },
      { model: 'small', requests: { completed: 1 }, tokens: { output: 2 } },
    ];
    expect(data).toMatchObject([{ key: 'anonymous', tokens: { output: 5 }, models, hours: [{ models }] }]);
    const { body } = await get('/metrics');
    expect(body).toContain('chatstream_key_output_tokens_total{key="anonymous",model="large"} 3');
    expect(body).not.toContain('unknown');
  });

  it('names no model where there is one', async () => {
    const { get, post } = await testApp();
    await post('/v1/chat/completions', chat('hi', { max_tokens: 2 }));
    const { data } = (await get('/v1/usage')).json<{ readonly data: readonly object[] }>();
    expect(data).toHaveLength(1);
    expect(data[0]).not.toHaveProperty('models');
  });

  it('begins empty', async () => {
    const { get } = await testApp();
    expect((await get('/v1/usage')).json()).toEqual({ object: 'list', data: [] });
  });
});
