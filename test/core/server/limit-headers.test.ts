import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, type TestAppOptions } from '../../support/app.js';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const headers = { authorization: 'Bearer secret' };
const remainingName = 'x-ratelimit-remaining-requests';

function limited(requestsPerMinute: number, more: Partial<KeySettings> = {}): KeySettings {
  const rates = { ...noRates, requestsPerMinute };
  const terms = usualTerms;
  return { name: 'anna', digest: digestOf('secret'), trafficClass: 'standard', role: 'user', terms, rates, ...more };
}

interface Refusal {
  readonly status: number;
  readonly options?: TestAppOptions;
  /** What makes the server refuse. */
  readonly before?: (made: TestApp) => unknown;
  readonly url?: string;
  readonly body: object;
}

const long = 'word '.repeat(5000);
const hi = chat('hi', { max_tokens: 2 });

const refusals: readonly (readonly [kind: string, refusal: Refusal])[] = [
  ['a prompt that is too long', { status: 400, body: chat(long) }],
  ['a prompt for embeddings without a model for them', { status: 400, url: '/v1/embeddings', body: { input: 'hi' } }],
  ['tokens that the model does not have', { status: 400, url: '/detokenize', body: { tokens: [999_999_999] } }],
  [
    'an echo of tokens that the model does not have',
    { status: 400, url: '/v1/completions', body: { prompt: [999_999_999], echo: true, max_tokens: 1 } },
  ],
  [
    'a full queue',
    {
      status: 429,
      options: { queue: { maxConcurrency: 1, maxQueue: 0 } },
      before: ({ inference, ask }) => {
        void ask('/v1/chat/completions', chat('hi', { max_tokens: 100 }), headers);
        return expect.poll(() => inference.running).toBe(1);
      },
      body: hi,
    },
  ],
  ['a server that shuts down', { status: 503, before: ({ inference }) => inference.drain(), body: hi }],
  ['a model that is still being loaded', { status: 503, options: { unloaded: true }, body: hi }],
];

describe('the headers about limits', () => {
  it.each(refusals)('say after a refusal for %s what is left in truth', async (_kind, refusal) => {
    const { status, options = {}, before, url = '/v1/chat/completions', body } = refusal;
    const made = await testApp({ ...options, keys: [limited(10)] });
    await before?.(made);
    const refused = await made.ask(url, body, headers);
    expect(refused.statusCode).toBe(status);
    const left = Number(refused.headers[remainingName]);
    // One more is counted, and no time passes.
    const next = await made.ask('/tokenize', { content: 'hi' }, headers);
    expect(Number(next.headers[remainingName])).toBe(left - 1);
  });

  it('are not sent where a request is refused before its limits are looked at', async () => {
    const made = await testApp({ keys: [limited(10, { models: ['small'] })] });
    const refused = await made.ask('/v1/chat/completions', { ...hi, model: 'other' }, headers);
    expect(refused.statusCode).toBe(403);
    expect(refused.headers).not.toHaveProperty(remainingName);
  });

  it.each([true, false])('do not count a request for a model that no upstream has; as a stream: %j', async (stream) => {
    const upstream = await UpstreamServer.start({ models: ['model'] });
    onTestFinished(() => upstream.stop());
    const access = { keys: [limited(2)], anonymous: null, classReserves: new Map() };
    const relay = await testRelay([upstream.url], { access });
    const ask = (model: string): Promise<Response> => relay.post({ ...hi, model, stream }, { headers });
    const refused = await ask('other');
    expect([refused.status, refused.headers.get(remainingName)]).toEqual([404, '2']);
    const answered = await ask('model');
    expect([answered.status, answered.headers.get(remainingName)]).toEqual([200, '1']);
    await answered.text();
  });
});
