import { describe, expect, it } from 'vitest';
import { readyBlock, readyEvent } from '../../../src/cli/serve/report.js';
import type { RunningServer, ServeOptions } from '../../../src/core/serve/serve.js';
import { engineInfoOf } from '../../support/engine-info.js';

const server: RunningServer = {
  url: 'http://127.0.0.1:8000',
  info: engineInfoOf({
    ...{ modelId: 'small', contextLength: 2048, slots: 8 },
    ...{ device: 'CPU (2 threads)', architecture: 'llama' },
  }),
  totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
  replaceAccess: () => undefined,
  running: () => 0,
  drain: () => Promise.resolve(0),
};

function options(maxQueue: number, apiKeys: readonly string[] = []): ServeOptions {
  return {
    engine: { engine: 'mock', slots: 8, context: 'auto', prefillMs: 20, tokenMs: 10, reply: 'round' },
    queue: {
      maxConcurrency: 4,
      maxQueue,
      queueTimeoutMs: 60_000,
      maxQueuedTokens: null,
      ttftTargetMs: null,
      policy: 'fifo',
      classPatienceMs: 60_000,
      preemptAfterMs: null,
    },
    access: null,
    replication: null,
    server: {
      host: '127.0.0.1',
      port: 8000,
      defaultMaxTokens: 512,
      aliases: [],
      apiKeys,
      corsOrigins: [],
      trustedProxies: [],
      maxBodyBytes: 1,
      writeTimeoutMs: 1,
      storeTtlMs: 1,
      storePath: null,
      consolePath: null,
      usageRetentionMs: 1,
    },
    version: '1.2.3',
  };
}

describe('what serve prints when it is ready', () => {
  it('names the address in its first line', () => {
    expect(readyBlock(server, options(64)).split('\n')[0]).toBe('chatstream is ready on http://127.0.0.1:8000');
  });

  it('names the model, the device and the limits', () => {
    const block = readyBlock(server, options(64));
    expect(block).toContain('small, 2048 tokens of context per slot');
    expect(block).toContain('CPU (2 threads)');
    expect(block).toContain('4 run at once (8 slots), 64 may wait');
  });

  it('says that no request may wait', () => {
    expect(readyBlock(server, options(0))).toContain('4 run at once (8 slots), none may wait');
  });

  it('shows a command that can be copied', () => {
    const block = readyBlock(server, options(64)).replaceAll(/\\\n\s+/g, '');
    const command = /curl -N \S+ -H '([^']+)' -d '(.+)'/.exec(block);
    expect(command?.[1]).toBe('content-type: application/json');
    expect(JSON.parse(command?.[2] ?? '')).toEqual({ messages: [{ role: 'user', content: 'Hello!' }], stream: true });
  });

  it.each([
    [
      'the variable, if the only key came from there',
      ['sk-secret'],
      { CHATSTREAM_API_KEY: 'sk-secret' },
      '$CHATSTREAM_API_KEY',
    ],
    ['a placeholder, if the key is a flag', ['sk-secret'], {}, 'KEY'],
    ['a placeholder, if the flag wins over the variable', ['sk-secret'], { CHATSTREAM_API_KEY: 'sk-other' }, 'KEY'],
    ['a placeholder, if there are several keys', ['sk-secret', 'b'], { CHATSTREAM_API_KEY: 'sk-secret,b' }, 'KEY'],
  ] as const)('shows %s in a command that needs a key, and never the key itself', (_, keys, environment, shown) => {
    const block = readyBlock(server, options(64, keys), environment);
    expect(block).toContain(`-H "authorization: Bearer ${shown}"`);
    expect(block).not.toContain('sk-');
  });

  it('sends no key where none is needed', () => {
    expect(readyBlock(server, options(64), { CHATSTREAM_API_KEY: '' })).not.toContain('authorization');
  });

  it('has the same for scripts', () => {
    expect(readyEvent(server, options(64))).toEqual({
      event: 'ready',
      url: 'http://127.0.0.1:8000',
      model: 'small',
      context_length: 2048,
      device: 'CPU (2 threads)',
      prompt_cache_bytes: 0,
      slots: 8,
      max_concurrency: 4,
      max_queue: 64,
    });
  });
});
