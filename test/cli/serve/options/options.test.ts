import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import { serveFlags } from '../../../../src/cli/serve/flags/flags.js';
import { lineOptions, serveOptions } from '../../../../src/cli/serve/options/options.js';
import { upstreamOptions } from '../../../../src/cli/serve/options/upstream-options.js';
import { parseConfig } from '../../../../src/core/config/read-config.js';
import type { ServeOptions } from '../../../../src/core/serve/serve.js';
import { builtPage } from '../../../../src/core/server/console/page-files.js';

async function optionsOf(...argv: readonly string[]): Promise<ServeOptions> {
  const { flags } = await Parser.parse([...argv], { flags: serveFlags, strict: true });
  return await serveOptions(flags, '1.2.3');
}

const mock = ['--engine', 'mock'];

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the flags of a server', () => {
  let folder: string;
  let model: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chatstream-'));
    model = join(folder, 'small.gguf');
    writeFileSync(model, 'GGUF');
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('mean by default what docs/serve.md says', async () => {
    expect(await optionsOf('-m', model)).toEqual({
      engine: {
        engine: 'llama',
        modelPath: model,
        slots: 4,
        context: 'auto',
        gpu: 'auto',
        gpuLayers: 'auto',
        flashAttention: 'auto',
        cacheType: 'f16',
        threads: 'auto',
        prefillChunk: 'auto',
        promptCache: 'auto',
      },
      replication: null,
      queue: {
        maxConcurrency: 4,
        maxQueue: 64,
        queueTimeoutMs: 60_000,
        maxQueuedTokens: null,
        ttftTargetMs: null,
        policy: 'fifo',
        classPatienceMs: 20_000,
        preemptAfterMs: null,
      },
      access: null,
      server: {
        host: '127.0.0.1',
        port: 8000,
        defaultMaxTokens: 512,
        aliases: [],
        apiKeys: [],
        corsOrigins: [],
        trustedProxies: [],
        maxBodyBytes: 1_048_576,
        writeTimeoutMs: 30_000,
        storeTtlMs: 86_400_000,
        storePath: null,
        consolePath: builtPage,
        usageRetentionMs: 604_800_000,
      },
      version: '1.2.3',
    });
  });

  it('name proxies by addresses and networks', async () => {
    const { server } = await optionsOf(
      ...mock,
      '--trusted-proxy',
      '10.0.0.0/8,fd00::/8',
      '--trusted-proxy',
      '192.0.2.1',
    );
    expect(server.trustedProxies).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);
  });

  it.each(['proxy', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', '10.0.0.0/8/8', '::1/'])(
    'cannot name a proxy by %j',
    async (proxy) => {
      await expect(optionsOf(...mock, '--trusted-proxy', proxy)).rejects.toThrow('is neither an address nor a network');
    },
  );

  it.each([
    ['keys: [{ name: a, sha256: DIGEST, reserve: 4 }]', 'reserve 4 places together: of 4, none'],
    ['classes: { batch: { reserve: 1 }, interactive: { reserve: 3 } }', 'reserve 4 places together: of 4, none'],
  ])('cannot leave no place for others: %s', async (text, problem) => {
    const config = parseConfig(text.replace('DIGEST', 'a'.repeat(64)), 'c.yaml');
    const { flags } = await Parser.parse(mock, { flags: serveFlags, strict: true });
    expect(() => lineOptions(flags, '1.2.3', config)).toThrow(problem);
  });

  it('cannot reserve places for classes with fifo', async () => {
    const config = parseConfig('classes: { interactive: { reserve: 1 } }', 'c.yaml');
    const argv = [...mock, '--queue-policy', 'fifo'];
    const { flags } = await Parser.parse(argv, { flags: serveFlags, strict: true });
    expect(() => lineOptions(flags, '1.2.3', config)).toThrow('have no effect with --queue-policy fifo');
  });

  it('cannot reserve places at other servers', async () => {
    const config = parseConfig('classes: { interactive: { reserve: 1 } }', 'c.yaml');
    const parsed = await Parser.parse(['--upstream', 'http://127.0.0.1:9'], { flags: serveFlags, strict: true });
    expect(() => upstreamOptions(parsed.flags, '1.2.3', config, flagOrigins(parsed), {})).toThrow('with --upstream');
  });

  it('mean by default a mock that takes 20 ms to its first token and 10 ms per round', async () => {
    expect((await optionsOf(...mock)).engine).toEqual({
      engine: 'mock',
      slots: 4,
      context: 'auto',
      prefillMs: 20,
      tokenMs: 10,
      reply: 'round',
    });
  });

  it('reach the engine', async () => {
    const argv = ['--context', '2048', '--gpu', 'off', '--gpu-layers', '0', '--threads', '3', '--prefill-chunk', '64'];
    argv.push('--tpot-target', '80ms');
    const memory = ['--flash-attention', 'on', '--cache-type', 'q8_0'];
    expect((await optionsOf('--model', model, ...argv, ...memory)).engine).toMatchObject({
      context: 2048,
      gpu: 'off',
      gpuLayers: 0,
      flashAttention: 'on',
      cacheType: 'q8_0',
      threads: 3,
      prefillChunk: 64,
      tpotTargetMs: 80,
    });
  });

  it('reach the mock', async () => {
    const argv = ['--mock-prefill', '1s', '--mock-token', '5ms', '--mock-reply', 'echo', '--context', '99'];
    expect((await optionsOf(...mock, ...argv)).engine).toMatchObject({
      prefillMs: 1000,
      tokenMs: 5,
      reply: 'echo',
      context: 99,
    });
  });

  it('reach the queue', async () => {
    const { queue } = await optionsOf(
      ...mock,
      '-n',
      '8',
      '--max-queue',
      '0',
      '--queue-timeout',
      '0',
      '--max-queued-tokens=5000',
      '--ttft-target=500ms',
    );
    expect(queue).toEqual({
      maxConcurrency: 8,
      maxQueue: 0,
      queueTimeoutMs: 0,
      maxQueuedTokens: 5000,
      ttftTargetMs: 500,
      policy: 'fifo',
      classPatienceMs: 60_000,
      preemptAfterMs: null,
    });
  });

  it('reach the HTTP server', async () => {
    const argv = ['--host', '::1', '-p', '0', '--max-tokens', '9', '--max-body', '2048', '--write-timeout', '0'];
    argv.push('--store-ttl', '1h', '--usage-retention', '0');
    const lists = [
      '--alias',
      'gpt-4o',
      '--alias',
      'b,*',
      '--api-key',
      'a',
      '--api-key',
      'b',
      '--cors-origin',
      'https://a.example,https://b.example',
    ];
    expect((await optionsOf(...mock, ...argv, ...lists)).server).toEqual({
      host: '::1',
      port: 0,
      trustedProxies: [],
      defaultMaxTokens: 9,
      aliases: ['gpt-4o', 'b', '*'],
      apiKeys: ['a', 'b'],
      corsOrigins: ['https://a.example', 'https://b.example'],
      maxBodyBytes: 2048,
      writeTimeoutMs: 0,
      storeTtlMs: 3_600_000,
      storePath: null,
      consolePath: builtPage,
      usageRetentionMs: 0,
    });
  });

  it('serve no console with --no-console', async () => {
    expect((await optionsOf(...mock, '--no-console')).server.consolePath).toBeNull();
  });

  it('take keys and origins from the environment', async () => {
    vi.stubEnv('CHATSTREAM_API_KEY', 'a,b');
    vi.stubEnv('CHATSTREAM_CORS_ORIGIN', '*');
    expect((await optionsOf(...mock)).server).toMatchObject({ apiKeys: ['a', 'b'], corsOrigins: ['*'] });
  });

  it('take everything else from the environment', async () => {
    vi.stubEnv('CHATSTREAM_ENGINE', 'mock');
    vi.stubEnv('CHATSTREAM_MAX_CONCURRENCY', '2');
    vi.stubEnv('CHATSTREAM_MOCK_TOKEN', '1s');
    expect(await optionsOf()).toMatchObject({
      engine: { engine: 'mock', slots: 2, tokenMs: 1000 },
      queue: { maxConcurrency: 2 },
    });
  });

  it('allocate as many slots as run at once', async () => {
    expect((await optionsOf(...mock, '-n', '7')).engine.slots).toBe(7);
  });

  it('allocate more slots when they are asked to', async () => {
    expect((await optionsOf(...mock, '-n', '2', '--slots', '16')).engine.slots).toBe(16);
  });

  it.each([
    [['--host', ''], 'The address of --host is empty.'],
    [['--host', '[::1]'], '--host [::1] is not an address.'],
    [['--host', 'http://127.0.0.1'], '--host http://127.0.0.1 is not an address.'],
    [['--host', '127.0.0.1:8000'], '--host 127.0.0.1:8000 is not an address.'],
    [['--host', '[::1]:8000'], '--host [::1]:8000 is not an address.'],
    [['--api-key', 'a', '--api-key', 'a'], 'An --api-key is given twice.'],
    [['--cors-origin', 'chat.example.com'], '--cors-origin "chat.example.com" is not an origin'],
    [['--cors-origin', 'https://chat.example.com/'], '--cors-origin "https://chat.example.com/" is not an origin'],
    [['--cors-origin', ''], '--cors-origin "" is not an origin'],
    [['--ttft-target', '0'], '--ttft-target is 0, but every first token takes some time.'],
    [['-m', 'a=x', '-m', 'y/b.gguf', '--alias', 'b'], '--alias b is the name of another model'],
    [['-m', 'a='], '--model "a=" has no model.'],
  ])('refuse %j, which would not do what it says', async (argv, message) => {
    const wanted = { code: 'usage', message: expect.stringContaining(message) as string };
    await expect(optionsOf(...mock, ...argv)).rejects.toMatchObject(wanted);
  });

  it('refuse fewer slots than run at once', async () => {
    await expect(optionsOf(...mock, '-n', '5', '--slots', '4')).rejects.toMatchObject({
      code: 'usage',
      message: '--slots 4 is less than --max-concurrency 5.',
    });
  });

  it.each(['q8_0', 'q4_0', 'iq4_nl'])('refuse a cache in %s without flash attention', async (type) => {
    // Before the model is looked for, which may mean a long download.
    const argv = ['-m', 'hf:me/nothing', '--flash-attention', 'off', '--cache-type', type];
    await expect(optionsOf(...argv)).rejects.toMatchObject({
      code: 'usage',
      message: `--cache-type ${type} does not work with --flash-attention off.`,
    });
  });

  it('allow a cache that is not quantised without flash attention', async () => {
    const argv = ['-m', model, '--flash-attention', 'off', '--cache-type', 'bf16'];
    await expect(optionsOf(...argv)).resolves.toBeDefined();
  });

  it('refuse a name that does not name a repository on Hugging Face', async () => {
    await expect(optionsOf('-m', 'hf:nobody')).rejects.toMatchObject({ code: 'usage' });
  });

  it.each(['', ' ', 'a,', ',a'])('refuse %j as a key, which no client could send', async (key) => {
    await expect(optionsOf(...mock, `--api-key=${key}`)).rejects.toMatchObject({ code: 'usage' });
  });

  it('need no model for the mock', async () => {
    await expect(optionsOf(...mock, '-m', join(folder, 'nothing.gguf'))).resolves.toBeDefined();
  });

  it('name a model that is not there', async () => {
    const missing = join(folder, 'nothing.gguf');
    await expect(optionsOf('-m', missing)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `There is no model file at ${missing}.`,
    });
  });

  it.each([
    ['--max-concurrency', '0'],
    ['--max-concurrency', '513'],
    ['--max-concurrency', '1.5'],
    ['--max-queue', '-1'],
    ['--slots', '0'],
    ['--prefill-chunk', '0'],
    ['--prefill-chunk', '8193'],
    ['--prefill-chunk', '128.5'],
    ['--tpot-target', '0'],
    ['--max-tokens', '0'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['--max-body', '10'],
    ['--max-body', '1MO'],
    ['--max-body', '0.5KiB'],
    ['--context', '15'],
    ['--gpu-layers', '-1'],
    ['--threads', '0'],
    ['--engine', 'vllm'],
    ['--gpu', 'tpu'],
    ['--flash-attention', 'maybe'],
    ['--cache-type', 'q2_k'],
    ['--mock-reply', 'loud'],
    ['--queue-timeout', '60'],
    ['--write-timeout', 'x'],
    ['--drain-timeout', '-1s'],
    ['--mock-prefill', 'fast'],
    ['--mock-token', '1'],
  ])('refuse %s %s and say which flag it was', async (flag, value) => {
    await expect(optionsOf(...mock, `${flag}=${value}`)).rejects.toThrow(flag);
  });
});
