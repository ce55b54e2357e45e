import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/cli/terminal/logging.js';
import Serve from '../../src/commands/serve.js';
import { ChatstreamError } from '../../src/core/base/errors.js';
import { type RunningServer, serve } from '../../src/core/serve/serve.js';
import { checkAddress } from '../../src/core/server/http/listen.js';
import { engineInfoOf } from '../support/engine-info.js';
import { until } from '../support/until.js';

vi.mock('../../src/cli/terminal/logging.js', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  createLogger: vi.fn(),
}));
vi.mock('../../src/core/serve/serve.js', () => ({ serve: vi.fn() }));
// No port is opened here.
vi.mock('../../src/core/server/http/listen.js', () => ({ checkAddress: vi.fn() }));
// The parent of this process is the test runner, whose channel must stay open; a bench's server is in test/e2e.
vi.mock('../../src/cli/exit/signals.js', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  endWithParent: vi.fn(),
}));

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a script may rely on. */
const reliable = new Set(['type', 'char', 'env', 'default', 'options', 'multiple', 'min', 'max']);

function surfaceOf(flags: Readonly<Record<string, object>>): Record<string, unknown> {
  const surface = Object.entries(flags).map(([name, flag]) => {
    const said = Object.entries<unknown>({ ...flag }).filter(
      ([property, value]) => reliable.has(property) && value !== undefined && value !== false,
    );
    return [name, Object.fromEntries(said)] as const;
  });
  return Object.fromEntries(surface);
}

describe('the surface of serve', () => {
  it('is the one of docs/serve.md', () => {
    expect(surfaceOf(Serve.flags)).toEqual({
      model: { type: 'option', char: 'm', env: 'CHATSTREAM_MODEL', default: [['bundled']], multiple: true },
      'max-loaded': { type: 'option', env: 'CHATSTREAM_MAX_LOADED', min: 1 },
      'idle-unload': { type: 'option', env: 'CHATSTREAM_IDLE_UNLOAD', default: 0 },
      alias: { type: 'option', env: 'CHATSTREAM_ALIAS', multiple: true },
      cluster: { type: 'option', env: 'CHATSTREAM_CLUSTER' },
      'cluster-creds': { type: 'option', env: 'CHATSTREAM_CLUSTER_CREDS' },
      'cluster-ca': { type: 'option', env: 'CHATSTREAM_CLUSTER_CA' },
      'cluster-cert': { type: 'option', env: 'CHATSTREAM_CLUSTER_CERT' },
      'cluster-key': { type: 'option', env: 'CHATSTREAM_CLUSTER_KEY' },
      engine: { type: 'option', env: 'CHATSTREAM_ENGINE', default: 'llama', options: ['llama', 'mock'] },
      context: { type: 'option', env: 'CHATSTREAM_CONTEXT', default: 'auto', min: 16 },
      gpu: {
        type: 'option',
        env: 'CHATSTREAM_GPU',
        default: 'auto',
        options: ['auto', 'cuda', 'vulkan', 'metal', 'off'],
      },
      'gpu-layers': { type: 'option', env: 'CHATSTREAM_GPU_LAYERS', default: 'auto', min: 0 },
      'flash-attention': {
        type: 'option',
        env: 'CHATSTREAM_FLASH_ATTENTION',
        default: 'auto',
        options: ['auto', 'on', 'off'],
      },
      'cache-type': {
        type: 'option',
        env: 'CHATSTREAM_CACHE_TYPE',
        default: 'f16',
        options: ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'],
      },
      'prompt-cache': { type: 'option', env: 'CHATSTREAM_PROMPT_CACHE', default: 'auto' },
      embeddings: { type: 'boolean', env: 'CHATSTREAM_EMBEDDINGS' },
      threads: { type: 'option', env: 'CHATSTREAM_THREADS', default: 'auto', min: 1 },
      replicas: { type: 'option', env: 'CHATSTREAM_REPLICAS', min: 1, max: 64 },
      devices: { type: 'option', env: 'CHATSTREAM_DEVICES' },
      upstream: { type: 'option', env: 'CHATSTREAM_UPSTREAM', multiple: true },
      'max-concurrency': {
        type: 'option',
        char: 'n',
        env: 'CHATSTREAM_MAX_CONCURRENCY',
        default: 4,
        min: 1,
        max: 512,
      },
      'max-queued-tokens': { type: 'option', env: 'CHATSTREAM_MAX_QUEUED_TOKENS', min: 1 },
      'max-queue': { type: 'option', env: 'CHATSTREAM_MAX_QUEUE', default: 64, min: 0, max: 1_000_000 },
      'queue-policy': { type: 'option', env: 'CHATSTREAM_QUEUE_POLICY', options: ['fair', 'fifo'] },
      'class-patience': { type: 'option', env: 'CHATSTREAM_CLASS_PATIENCE' },
      'preempt-batch-after': { type: 'option', env: 'CHATSTREAM_PREEMPT_BATCH_AFTER' },
      'queue-timeout': { type: 'option', env: 'CHATSTREAM_QUEUE_TIMEOUT', default: 60_000 },
      'ttft-target': { type: 'option', env: 'CHATSTREAM_TTFT_TARGET' },
      'tpot-target': { type: 'option', env: 'CHATSTREAM_TPOT_TARGET' },
      slots: { type: 'option', env: 'CHATSTREAM_SLOTS', min: 1, max: 512 },
      'prefill-chunk': { type: 'option', env: 'CHATSTREAM_PREFILL_CHUNK', default: 'auto', min: 1, max: 8192 },
      'max-tokens': { type: 'option', env: 'CHATSTREAM_MAX_TOKENS', default: 512, min: 1 },
      config: { type: 'option', env: 'CHATSTREAM_CONFIG' },
      host: { type: 'option', env: 'CHATSTREAM_HOST', default: '127.0.0.1' },
      port: { type: 'option', char: 'p', env: 'CHATSTREAM_PORT', default: 8000, min: 0, max: 65_535 },
      'api-key': { type: 'option', env: 'CHATSTREAM_API_KEY', multiple: true },
      'trusted-proxy': { type: 'option', env: 'CHATSTREAM_TRUSTED_PROXY', multiple: true },
      'cors-origin': { type: 'option', env: 'CHATSTREAM_CORS_ORIGIN', multiple: true },
      'max-body': { type: 'option', env: 'CHATSTREAM_MAX_BODY', default: 1_048_576, min: 1024 },
      'write-timeout': { type: 'option', env: 'CHATSTREAM_WRITE_TIMEOUT', default: 30_000 },
      store: { type: 'option', env: 'CHATSTREAM_STORE' },
      'store-ttl': { type: 'option', env: 'CHATSTREAM_STORE_TTL', default: 86_400_000 },
      'no-console': { type: 'boolean', env: 'CHATSTREAM_NO_CONSOLE' },
      otlp: { type: 'option', env: 'CHATSTREAM_OTLP' },
      'usage-retention': { type: 'option', env: 'CHATSTREAM_USAGE_RETENTION', default: 604_800_000 },
      'drain-timeout': { type: 'option', env: 'CHATSTREAM_DRAIN_TIMEOUT', default: 30_000 },
      'mock-prefill': { type: 'option', env: 'CHATSTREAM_MOCK_PREFILL', default: 20 },
      'mock-token': { type: 'option', env: 'CHATSTREAM_MOCK_TOKEN', default: 10 },
      'mock-reply': {
        type: 'option',
        env: 'CHATSTREAM_MOCK_REPLY',
        default: 'round',
        options: ['echo', 'round', 'long'],
      },
    });
  });

  it('has the flags that all commands have', () => {
    expect(surfaceOf(Serve.baseFlags)).toEqual({
      'log-level': {
        type: 'option',
        env: 'CHATSTREAM_LOG_LEVEL',
        default: 'info',
        options: ['silent', 'error', 'warn', 'info', 'debug'],
      },
      json: { type: 'boolean', env: 'CHATSTREAM_JSON' },
    });
    expect(Serve.enableJsonFlag).toBe(true);
  });

  it('explains every flag, in a group', () => {
    for (const flag of Object.values(Serve.flags)) {
      expect(flag.summary).toMatch(/^\S.+[.\]]$/);
      expect(flag.helpGroup).toMatch(/^(MODEL|UPSTREAM SERVERS|CLUSTER|QUEUE|HTTP|MOCK ENGINE)$/);
    }
  });
});

describe('serve', () => {
  const logged: string[] = [];
  const printed: string[] = [];
  let drain: RunningServer['drain'];

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listenersBefore = signals.map((signal) => process.listeners(signal));

  /** Starts the command and, once it is ready, ends it. */
  async function serveAndEnd(...argv: readonly string[]): Promise<unknown> {
    const ended: Promise<unknown> = Serve.run(['--engine', 'mock', ...argv], root);
    await until(() => printed.length > 0, 'the command to be ready');
    process.emit('SIGTERM', 'SIGTERM');
    return ended;
  }

  beforeEach(() => {
    logged.length = 0;
    printed.length = 0;
    drain = vi.fn<RunningServer['drain']>(() => Promise.resolve(0));
    vi.mocked(createLogger).mockImplementation((level) =>
      pino({ level, base: null, timestamp: false }, { write: (line) => logged.push(line) }),
    );
    vi.mocked(serve)
      .mockReset()
      .mockImplementation(() =>
        Promise.resolve({
          url: 'http://127.0.0.1:4321',
          info: engineInfoOf({ modelId: 'mock' }),
          totals: { completed: 5, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
          replaceAccess: () => undefined,
          running: () => 0,
          drain: (timeoutMs) => drain(timeoutMs),
        }),
      );
    vi.spyOn(Serve.prototype, 'log').mockImplementation((message) => {
      printed.push(message ?? '');
    });
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(String(text));
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    signals.forEach((signal, index) => {
      for (const listener of process.listeners(signal)) {
        if (listenersBefore[index]?.includes(listener) !== true) process.off(signal, listener);
      }
    });
  });

  it('says nothing of a model if its port is in use', async () => {
    vi.spyOn(Serve.prototype, 'logToStderr').mockImplementation(() => undefined);
    vi.mocked(checkAddress).mockRejectedValueOnce(new ChatstreamError('address_unavailable', 'Port 8000 is in use.'));
    await expect(Serve.run([], root)).rejects.toMatchObject({ oclif: { exit: 1 } });
    expect(logged.join('')).not.toContain('loading');
    expect(serve).not.toHaveBeenCalled();
  });

  it('names the file whose settings are wrong, and only what that gives as its settings', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-serve-'));
    const file = join(folder, 'team.yaml');
    writeFileSync(file, 'slots: 2\nmax-concurrency: 8\n');
    const explained = vi.spyOn(Serve.prototype, 'logToStderr').mockImplementation(() => undefined);
    const said = (): string => explained.mock.calls.flat().join('\n');
    await expect(Serve.run(['--engine', 'mock', '--config', file], root)).rejects.toMatchObject({ oclif: { exit: 2 } });
    expect(said()).toContain(`${file}: "slots" 2 is less than "max-concurrency" 8.`);
    explained.mockClear();
    await expect(Serve.run(['--engine', 'mock', '-n', '4', '--config', file], root)).rejects.toThrow();
    expect(said()).toContain(`${file}: "slots" 2 is less than --max-concurrency 4.`);
    rmSync(folder, { recursive: true });
  });

  it('hands its flags to the server', async () => {
    await serveAndEnd('-n', '2', '--port', '0');
    expect(serve).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        queue: {
          maxConcurrency: 2,
          maxQueue: 64,
          queueTimeoutMs: 60_000,
          maxQueuedTokens: null,
          ttftTargetMs: null,
          policy: 'fifo',
          classPatienceMs: 20_000,
          preemptAfterMs: null,
        },
        version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      }),
      expect.anything(),
      expect.any(AbortSignal),
    );
  });

  it('says that it is ready, and where', async () => {
    await serveAndEnd();
    expect(printed[0]).toMatch(/^chatstream is ready on http:\/\/127\.0\.0\.1:4321\n/);
  });

  it('speaks in lines of JSON when it is asked to', async () => {
    await serveAndEnd('--json');
    const [ready, stopped, ...rest] = printed;
    expect(JSON.parse(ready ?? '')).toMatchObject({ event: 'ready', url: 'http://127.0.0.1:4321' });
    expect(JSON.parse(stopped ?? '')).toEqual({
      event: 'stopped',
      abandoned: 0,
      totals: { completed: 5, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
    });
    expect([ready, stopped].map((line) => line?.split('\n').length)).toEqual([2, 2]);
    expect(rest).toEqual([]);
  });

  it.each([
    [[], 30_000],
    [['--drain-timeout', '5s'], 5000],
  ])('drains with %j for at most %d ms', async (argv, timeoutMs) => {
    await serveAndEnd(...argv);
    expect(drain).toHaveBeenCalledExactlyOnceWith(timeoutMs);
  });

  it('says how many generations a drain cut off', async () => {
    drain = () => Promise.resolve(3);
    await serveAndEnd();
    expect(logged.join('')).toContain('"abandoned":3');
  });

  it.each(['0.0.0.0', '192.168.1.5', '::', 'example.org'])('warns of %s without a key', async (host) => {
    await serveAndEnd('--host', host);
    expect(logged.join('')).toContain('set --api-key');
  });

  it.each([
    ['--host', '127.0.0.1'],
    ['--host', '127.1.2.3'],
    ['--host', '::1'],
    ['--host', 'localhost'],
    ['--host', '0.0.0.0', '--api-key', 'secret'],
  ])('does not warn with %s %s', async (...argv) => {
    await serveAndEnd(...argv);
    expect(logged.join('')).not.toContain('set --api-key');
  });

  it.each([
    [['--api-key', 'typed'], 'no', true],
    [['--host', '0.0.0.0', '--api-key', 'typed'], 'no', true],
    [[], 'set', false],
    [['--port', '0'], 'no', false],
  ])('with %j and the variable %s, it warns that the key can be seen: %s', async (argv, variable, isWarned) => {
    if (variable === 'set') vi.stubEnv('CHATSTREAM_API_KEY', 'from the environment');
    await serveAndEnd(...argv);
    expect(logged.join('').includes('set CHATSTREAM_API_KEY instead')).toBe(isWarned);
    expect(logged.join('')).not.toContain('typed');
  });

  it('warns of a misspelt variable, and not of one for another command', async () => {
    vi.stubEnv('CHATSTREAM_API_KEYS', 'secret');
    vi.stubEnv('CHATSTREAM_BENCH_CONFIG', 'bench.yaml');
    await serveAndEnd();
    expect(logged.join('')).toContain('"variable":"CHATSTREAM_API_KEYS","meant":"CHATSTREAM_API_KEY"');
    expect(logged.join('')).not.toMatch(/secret|BENCH/);
  });

  it('logs as much as it is told to', async () => {
    await serveAndEnd('--log-level', 'silent', '--host', '0.0.0.0');
    expect(logged).toEqual([]);
  });

  it('ends with the reason when the server cannot start', async () => {
    vi.mocked(serve).mockRejectedValue(new ChatstreamError('address_unavailable', 'Port 8000 is in use.'));
    const explained = vi.spyOn(Serve.prototype, 'logToStderr').mockImplementation(() => undefined);
    await expect(Serve.run(['--engine', 'mock'], root)).rejects.toMatchObject({ oclif: { exit: 1 } });
    expect(explained).toHaveBeenCalledWith(expect.stringContaining('Port 8000 is in use.'));
  });
});
