import { afterEach, describe, expect, it, vi } from 'vitest';
import { samplesNeeded } from '../../../../src/core/measurement/latency/histogram.js';
import { singleRequests } from '../../../../src/core/measurement/workload/conversation-shape.js';
import { optionsOf } from './parse-bench.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the options of a bench', () => {
  it('mean by default 8 clients for 10 s after 1 s of warm-up, with 64 tokens in and 64 out', async () => {
    expect(await optionsOf()).toEqual({
      target: { type: 'own', command: expect.arrayContaining(['serve', '8']) as string[], serverFlags: {} },
      conversations: singleRequests,
      tenants: [],
      trace: null,
      command: null,
      versus: null,
      duet: false,
      headers: {},
      caPath: null,
      insecure: false,
      modelName: null,
      form: { endpoint: 'chat', streaming: true },
      extraBody: null,
      omittedParams: [],
      load: { type: 'closed', concurrency: [8] },
      findMax: null,
      abortOn: [],
      maxConcurrency: null,
      sweepUpTo: 8,
      durationMs: 10_000,
      requests: null,
      extension: { requests: 20, longestMs: 60_000 },
      warmupMs: 1000,
      trials: 1,
      leastTrials: 1,
      maxDurationMs: null,
      seed: 1,
      promptSalt: expect.any(Number) as number,
      timeoutMs: 120_000,
      cancel: null,
      probeRate: null,
      waitReadyMs: null,
      workers: null,
      agents: null,
      prompts: { type: 'synthetic', inputTokens: { type: 'fixed', tokens: 64 } },
      outputTokens: { type: 'fixed', tokens: 64 },
      sharedPrefixTokens: 0,
      objectives: [],
      samplesPath: null,
      version: '1.2.3',
    });
  });

  it('take lists of clients and of settings, in rising order and each once', async () => {
    expect(await optionsOf('-c', '8,1,4,4', '-n', '4,2')).toMatchObject({
      load: { type: 'closed', concurrency: [1, 4, 8] },
      sweepUpTo: 8,
      maxConcurrency: [2, 4],
    });
  });

  it('add trials until the gate can decide, if they are a range', async () => {
    const gate = ['--url', 'http://a', '--versus', 'http://b', '--fail-on', 'ttft.p50>10%', '-r', '30'];
    expect(await optionsOf(...gate, '--trials', '3..20', '--max-duration', '5m')).toMatchObject({
      leastTrials: 3,
      trials: 20,
      maxDurationMs: 300_000,
    });
  });

  it.each(['2..20', '5..4', '0', '1001', '3..', 'many', '3...20'])(
    'refuse %s as a number of trials',
    async (trials) => {
      await expect(optionsOf('--trials', trials)).rejects.toThrow(/is not a number of trials/);
    },
  );

  it('refuse to add trials if nothing decides when they are enough', async () => {
    await expect(optionsOf('--trials', '3..20')).rejects.toThrow(/there is no gate/);
  });

  it.each([
    [[], 'poisson'],
    [['--arrival', 'constant'], 'constant'],
    [['--arrival', 'burst'], 'burst'],
  ])('make an open loop of a rate (%j)', async (argv, arrival) => {
    expect((await optionsOf('--rate', '2.5', ...argv)).load).toEqual({ type: 'open', rates: [2.5], arrival });
  });

  it('end a run after a time or after a number of requests', async () => {
    expect(await optionsOf('-d', '2m')).toMatchObject({ durationMs: 120_000, requests: null, extension: null });
    expect(await optionsOf('-r', '50')).toMatchObject({ durationMs: null, requests: 50, extension: null });
  });

  it('go on by default for as many requests as a median needs', async () => {
    expect((await optionsOf()).extension?.requests).toBe(samplesNeeded(50));
  });

  it('shape the load', async () => {
    const argv = ['--warmup', '0', '--trials', '5', '--seed', '42', '--timeout', '0', '--workers', '3'];
    const lengths = ['--input-tokens', '32-128', '--output-tokens', '64±16', '--shared-prefix', '30'];
    expect(await optionsOf(...argv, ...lengths, '--samples', 'all.jsonl')).toMatchObject({
      warmupMs: 0,
      trials: 5,
      seed: 42,
      timeoutMs: 0,
      workers: 3,
      prompts: { inputTokens: { type: 'uniform', min: 32, max: 128 } },
      outputTokens: { type: 'normal', mean: 64, stddev: 16 },
      sharedPrefixTokens: 30,
      samplesPath: 'all.jsonl',
    });
  });

  it('take prompts from a file', async () => {
    expect((await optionsOf('--prompts', 'chats.jsonl')).prompts).toEqual({ type: 'file', path: 'chats.jsonl' });
  });

  it('name servers, and the model on them', async () => {
    const argv = ['-u', 'http://127.0.0.1:8000/v1', '--versus', 'https://llm.example.org', '--model-name', 'm'];
    expect(await optionsOf(...argv)).toMatchObject({
      target: { type: 'url', url: 'http://127.0.0.1:8000/v1' },
      versus: 'https://llm.example.org',
      modelName: 'm',
    });
  });

  it('trust certificates', async () => {
    const argv = ['-u', 'https://llm.example.org'];
    expect(await optionsOf(...argv, '--ca', 'ca.pem')).toMatchObject({ caPath: 'ca.pem', insecure: false });
    expect(await optionsOf(...argv, '--insecure')).toMatchObject({ caPath: null, insecure: true });
    await expect(optionsOf(...argv, '--insecure', '--ca', 'ca.pem')).rejects.toThrow('--insecure');
  });

  it('cut the trials of two servers into short ones, and not those of one', async () => {
    const argv = ['-r', '200', '--trials', '5'];
    expect(await optionsOf(...argv)).toMatchObject({ requests: 200, trials: 5 });
    expect(await optionsOf(...argv, '--versus', 'http://127.0.0.1:8001')).toMatchObject({ requests: 50, trials: 20 });
  });

  it('make headers', async () => {
    const argv = ['--api-key', 'k', '--header', 'X-Team: red, blue', '--header', 'cookie:a=b'];
    expect((await optionsOf(...argv)).headers).toEqual({
      authorization: 'Bearer k',
      'x-team': 'red, blue',
      cookie: 'a=b',
    });
  });

  it('let a header win over the key', async () => {
    expect((await optionsOf('--api-key', 'k', '--header', 'Authorization: Basic xyz')).headers).toEqual({
      authorization: 'Basic xyz',
    });
  });

  it('add to the body', async () => {
    expect((await optionsOf('--extra-body', '{"top_k":1,"stop":["x"]}')).extraBody).toEqual({ top_k: 1, stop: ['x'] });
  });

  it('leave parameters out, each once and in the order of the request', async () => {
    const argv = ['--no-param', 'ignore_eos,temperature', '--no-param', 'temperature'];
    expect((await optionsOf(...argv)).omittedParams).toEqual(['temperature', 'ignore_eos']);
  });

  it('have other words each time, unless there is a seed, typed or in the environment', async () => {
    const salts = [await optionsOf(), await optionsOf()].map(({ promptSalt }) => promptSalt);
    expect(new Set(salts).size).toBe(2);
    expect(salts).not.toContain(0);
    expect(await optionsOf('--seed', '1')).toMatchObject({ seed: 1, promptSalt: 0 });
    vi.stubEnv('CHATSTREAM_SEED', '3');
    expect(await optionsOf()).toMatchObject({ seed: 3, promptSalt: 0 });
  });

  it('take objectives, one by one or with commas', async () => {
    const { objectives } = await optionsOf('--slo', 'ttft.p95<500ms,tpot.p99<50ms', '--slo', 'e2e<5s');
    expect(objectives).toEqual([
      { text: 'ttft.p95<500ms', metric: 'ttft', percentile: 'p95', belowMs: 500 },
      { text: 'tpot.p99<50ms', metric: 'tpot', percentile: 'p99', belowMs: 50 },
      { text: 'e2e<5s', metric: 'e2e', percentile: null, belowMs: 5000 },
    ]);
  });
});

describe('the server that a bench starts', () => {
  async function commandOf(...argv: readonly string[]): Promise<string> {
    const { target } = await optionsOf(...argv);
    return target.type === 'own' ? target.command.join(' ') : '';
  }

  it('has as many slots as the sweep needs, and a place for every client', async () => {
    expect(await commandOf('-c', '100')).toContain('--max-concurrency 100 --slots 100 --max-queue 100');
    expect(await commandOf('-c', '100', '-n', '2,16')).toContain('--max-concurrency 16 --slots 16 --max-queue 100');
  });

  it('has no more slots than llama.cpp allows, unless it is told to', async () => {
    expect(await commandOf('-c', '1000')).toContain('--slots 256');
    expect(await commandOf('-c', '1000', '-n', '400', '--engine', 'mock')).toContain('--slots 400');
  });

  it('keeps its own queue in an open loop', async () => {
    expect(await commandOf('--rate', '5', '-c', '100')).not.toContain('--max-queue');
  });

  it('is given the flags that were set, and the result records them', async () => {
    vi.stubEnv('CHATSTREAM_ENGINE', 'mock');
    const { target } = await optionsOf('--mock-token', '5ms');
    expect(target).toMatchObject({ serverFlags: { engine: 'mock', 'mock-token': 5 } });
    expect(await commandOf('--mock-token', '5ms')).toContain('--engine mock --mock-token 5ms');
  });
});

describe('the environment of a bench', () => {
  it('sets every kind of flag', async () => {
    vi.stubEnv('CHATSTREAM_CONCURRENCY', '2,4');
    vi.stubEnv('CHATSTREAM_BENCH_MAX_CONCURRENCY', '1,2');
    vi.stubEnv('CHATSTREAM_RATE', '0.5');
    vi.stubEnv('CHATSTREAM_DURATION', '3s');
    vi.stubEnv('CHATSTREAM_TRIALS', '7');
    vi.stubEnv('CHATSTREAM_INPUT_TOKENS', '9');
    vi.stubEnv('CHATSTREAM_SLO', 'ttft<1s, e2e<5s');
    vi.stubEnv('CHATSTREAM_URL', 'http://127.0.0.1:9');
    vi.stubEnv('CHATSTREAM_HEADER', 'x-list: a, b');
    vi.stubEnv('CHATSTREAM_EXTRA_BODY', '{"a":1}');
    const options = await optionsOf();
    expect(options).toMatchObject({
      target: { type: 'url', url: 'http://127.0.0.1:9' },
      load: { type: 'open', rates: [0.5] },
      sweepUpTo: 4,
      maxConcurrency: [1, 2],
      durationMs: 3000,
      trials: 7,
      prompts: { inputTokens: { tokens: 9 } },
      headers: { 'x-list': 'a, b' },
      extraBody: { a: 1 },
    });
    expect(options.objectives.map(({ text }) => text)).toEqual(['ttft<1s', 'e2e<5s']);
  });

  it('does not shorten the sweep because a server is set to less', async () => {
    vi.stubEnv('CHATSTREAM_MAX_CONCURRENCY', '2');
    expect(await optionsOf()).toMatchObject({ maxConcurrency: null, sweepUpTo: 8 });
  });

  it('sends the first of all the keys that a server takes', async () => {
    vi.stubEnv('CHATSTREAM_API_KEY', 'a, b');
    expect((await optionsOf()).headers).toEqual({ authorization: 'Bearer a' });
    expect((await optionsOf('--api-key', 'c')).headers).toEqual({ authorization: 'Bearer c' });
  });

  it('gives way to what is typed', async () => {
    vi.stubEnv('CHATSTREAM_TRIALS', '7');
    expect((await optionsOf('--trials', '2')).trials).toBe(2);
  });
});
