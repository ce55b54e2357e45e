import { describe, expect, it } from 'vitest';
import { optionsOf } from './parse-bench.js';

const url = 'http://127.0.0.1:8080';

describe('which endpoint a bench asks', () => {
  it.each([
    [[], 'chat', true],
    [['--endpoint', 'completions', '-u', url], 'completions', true],
    [['-u', `${url}/v1/responses`], 'responses', true],
    [['-u', `${url}/v1/messages`, '--no-stream'], 'messages', false],
    [['-u', `${url}/v1/embeddings`], 'embeddings', false],
    [['-u', `${url}/v1/messages`, '--versus', 'http://127.0.0.1:9090', '--endpoint', 'messages'], 'messages', true],
  ] as const)('with %j is %s', async (argv, endpoint, streaming) => {
    expect((await optionsOf(...argv)).form).toEqual({ endpoint, streaming });
  });

  it.each([
    [
      ['-u', `${url}/v1/messages`, '--endpoint', 'chat'],
      '--endpoint names the endpoint chat, but --url names messages.',
    ],
    [['-u', `${url}/v1/messages`, '--versus', 'http://127.0.0.1:9090/v1/responses'], '--versus names responses'],
    [['--no-stream', '--slo', 'ttft<1s'], '--slo ttft<1s applies to streams, but answers come as a whole'],
    [['--no-stream', '--find-max', 'tpot.p95<9ms'], '--find-max tpot.p95<9ms applies to streams'],
    [
      ['--endpoint', 'embeddings', '-u', url, '--baseline', 'b.json', '--fail-on', 'ttft.p95>5%'],
      '--fail-on ttft.p95>5% applies to streams, but embeddings have no tokens.',
    ],
    [['--endpoint', 'embeddings', '--turns', '3'], 'Embeddings have no answers'],
    [['--endpoint', 'embeddings', '--output-tokens', '3'], 'Embeddings have no output tokens.'],
    [['--endpoint', 'responses', '--no-param', 'max_tokens'], 'The bench sets model, max_output_tokens'],
  ] as const)('is refused with %j', async (argv, message) => {
    const refused = optionsOf(...argv).catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: 'usage', advice: expect.stringContaining(message) as string });
  });

  it('allows limits of whole answers', async () => {
    const { objectives } = await optionsOf('--no-stream', '--slo', 'e2e.p95<5s');
    expect(objectives).toMatchObject([{ metric: 'e2e' }]);
  });

  it("decides about the key's header, which --header replaces", async () => {
    const argv = ['-u', `${url}/v1/messages`, '--api-key', 'k'] as const;
    expect((await optionsOf(...argv)).headers).toEqual({ 'x-api-key': 'k', 'anthropic-version': '2023-06-01' });
    const replaced = await optionsOf(...argv, '--header', 'anthropic-version: 2030-01-01');
    expect(replaced.headers).toMatchObject({ 'anthropic-version': '2030-01-01' });
    expect((await optionsOf('-u', url, '--api-key', 'k')).headers).toEqual({ authorization: 'Bearer k' });
  });

  it('starts a server for embeddings', async () => {
    const { target } = await optionsOf('--endpoint', 'embeddings', '--engine', 'mock');
    expect(target).toMatchObject({ type: 'own', command: expect.arrayContaining(['--embeddings']) as string[] });
  });
});
