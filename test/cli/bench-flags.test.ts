import { afterEach, describe, expect, it, vi } from 'vitest';
import { benchFlags } from '../../src/cli/bench-flags.js';
import { optionsOf, own } from './bench-options.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the flags of a bench', () => {
  it('mean by default 8 clients for 10 s after 1 s of warm-up, with 64 tokens in and 64 out', async () => {
    expect(await optionsOf()).toEqual({
      target: own,
      versus: null,
      headers: {},
      modelName: null,
      extraBody: null,
      load: { type: 'closed', concurrency: [8] },
      maxConcurrency: null,
      sweepUpTo: 8,
      durationMs: 10_000,
      requests: null,
      warmupMs: 1000,
      trials: 1,
      seed: 1,
      timeoutMs: 120_000,
      workers: null,
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

  it.each([
    [[], 'poisson'],
    [['--arrival', 'constant'], 'constant'],
    [['--arrival', 'burst'], 'burst'],
  ])('make an open loop of a rate (%j)', async (argv, arrival) => {
    expect((await optionsOf('--rate', '2.5', ...argv)).load).toEqual({ type: 'open', rate: 2.5, arrival });
  });

  it('end a run after a time or after a number of requests', async () => {
    expect(await optionsOf('-d', '2m')).toMatchObject({ durationMs: 120_000, requests: null });
    expect(await optionsOf('-r', '50')).toMatchObject({ durationMs: null, requests: 50 });
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

  it('cut the trials of two servers into short turns, and not those of one', async () => {
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

  it('take objectives, one by one or with commas', async () => {
    const { objectives } = await optionsOf('--slo', 'ttft.p95<500ms,tpot.p99<50ms', '--slo', 'e2e<5s');
    expect(objectives).toEqual([
      { text: 'ttft.p95<500ms', metric: 'ttft', percentile: 'p95', belowMs: 500 },
      { text: 'tpot.p99<50ms', metric: 'tpot', percentile: 'p99', belowMs: 50 },
      { text: 'e2e<5s', metric: 'e2e', percentile: null, belowMs: 5000 },
    ]);
  });

  it('are explained, each in a group', () => {
    for (const flag of Object.values(benchFlags)) {
      expect(flag.summary).toMatch(/^\S.+[.\]]$/);
      expect(flag.helpGroup).toMatch(/^[A-Z ]+$/);
    }
  });
});

describe('what makes no sense', () => {
  it.each([
    [['--rate', '0'], '--rate 0 is not a number above 0.'],
    [['--rate=-1'], '--rate -1 is not a number above 0.'],
    [['--rate', '1e3'], '--rate 1e3 is not a number above 0.'],
    [['--rate', 'Infinity'], '--rate Infinity is not a number above 0.'],
    [['-c', '0'], '"0" is not a list of whole numbers of at least 1.'],
    [['-c', '1,,2'], '"1,,2" is not a list of whole numbers of at least 1.'],
    [['-n', '0'], '"0" is not a list of whole numbers of at least 1.'],
    [['-n', 'auto'], '"auto" is not a list of whole numbers of at least 1.'],
    [['-d', '10'], '"10" is not a duration.'],
    [['--input-tokens', '0'], '"0" is not a number of tokens.'],
    [['--output-tokens', '9-3'], '"9-3" is not a number of tokens.'],
    [['--header', 'nonsense'], '"nonsense" is not a header.'],
    [['--header', 'a b: c'], '"a b: c" is not a header.'],
    [['--header', ': c'], '": c" is not a header.'],
    [['--extra-body', '[1]'], '--extra-body [1] is not a JSON object.'],
    [['--extra-body', 'null'], '--extra-body null is not a JSON object.'],
    [['--extra-body', '{top_k:1}'], '--extra-body {top_k:1} is not a JSON object.'],
    [['--url', 'ftp://example.org'], '"ftp://example.org" is not the URL of a server.'],
    [['--url', 'localhost:8000'], '"localhost:8000" is not the URL of a server.'],
    [['--versus', 'example.org'], '"example.org" is not the URL of a server.'],
    [['--url', 'http://me:secret@example.org'], 'The URL of example.org has a password in it'],
    [['--slo', 'nonsense'], '"nonsense" is not an objective.'],
    [['--slo', 'ttft.p42<1s'], '"ttft.p42<1s" is not an objective.'],
  ])('is refused: %j', async (argv, message) => {
    await expect(optionsOf(...argv)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [['-c', 'many'], 'commas'],
    [['-d', '10'], '10s'],
    [['--header', 'nonsense'], '"name: value"'],
    [['--extra-body', '[1]'], '{"top_k":1}'],
    [['--url', 'localhost:8000'], 'http://127.0.0.1:8000'],
    [['--url', 'http://me:secret@example.org'], '--header'],
    [['--slo', 'nonsense'], 'ttft.p95<500ms'],
  ])('comes with what would: %j', async (argv, hint) => {
    await expect(optionsOf(...argv)).rejects.toMatchObject({ hint: expect.stringContaining(hint) as string });
  });

  it.each([
    [['-d', '1s', '-r', '5'], '--requests'],
    [['-r', '0'], '--requests'],
    [['--trials', '0'], '--trials'],
    [['--workers', '0'], '--workers'],
    [['--shared-prefix', '-1'], '--shared-prefix'],
    [['--seed', '1.5'], '--seed'],
    [['--arrival', 'never'], '--arrival'],
    [['--enforce-slo'], '--slo'],
  ])('is refused, naming the flag: %j', async (argv, flag) => {
    await expect(optionsOf(...argv)).rejects.toThrow(flag);
  });
});

describe('the environment of a bench', () => {
  it('has a variable for every flag', () => {
    for (const [name, flag] of Object.entries(benchFlags)) {
      expect(flag.env).toBe(`CHATSTREAM_${name.toUpperCase().replaceAll('-', '_')}`);
    }
  });

  it('sets every kind of flag', async () => {
    vi.stubEnv('CHATSTREAM_CONCURRENCY', '2,4');
    vi.stubEnv('CHATSTREAM_MAX_CONCURRENCY', '1,2');
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
      load: { type: 'open', rate: 0.5 },
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

  it('gives way to what is typed', async () => {
    vi.stubEnv('CHATSTREAM_TRIALS', '7');
    expect((await optionsOf('--trials', '2')).trials).toBe(2);
  });
});
