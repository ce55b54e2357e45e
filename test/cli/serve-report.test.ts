import { describe, expect, it } from 'vitest';
import { readyBlock, readyEvent } from '../../src/cli/serve-report.js';
import type { RunningServer, ServeOptions } from '../../src/core/serve.js';

const server: RunningServer = {
  url: 'http://127.0.0.1:8000',
  info: {
    engine: 'mock',
    modelId: 'small',
    contextLength: 2048,
    slots: 8,
    device: 'CPU (2 threads)',
    architecture: 'llama',
    parameters: null,
    trainedContextLength: null,
    vocabularySize: null,
    fileBytes: null,
  },
  totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
  drain: () => Promise.resolve(0),
};

function options(maxQueue: number): ServeOptions {
  return {
    engine: { engine: 'mock', slots: 8, context: 'auto', prefillMs: 20, tokenMs: 10, reply: 'round' },
    queue: { maxConcurrency: 4, maxQueue, queueTimeoutMs: 60_000 },
    server: {
      host: '127.0.0.1',
      port: 8000,
      defaultMaxTokens: 512,
      apiKeys: [],
      corsOrigins: [],
      maxBodyBytes: 1,
      writeTimeoutMs: 1,
    },
    version: '1.2.3',
  };
}

describe('what serve prints when it is ready', () => {
  it('names the address in its first line', () => {
    expect(readyBlock(server, options(64)).split('\n')[0]).toBe('chatstream is ready on http://127.0.0.1:8000');
  });

  it('says what runs, where, and how many may wait', () => {
    const block = readyBlock(server, options(64));
    expect(block).toContain('small, 2048 tokens of context per slot');
    expect(block).toContain('CPU (2 threads)');
    expect(block).toContain('4 run at once (8 slots), 64 may wait');
  });

  it('says that nobody may wait', () => {
    expect(readyBlock(server, options(0))).toContain('4 run at once (8 slots), nobody waits');
  });

  it('shows a command that can be copied', () => {
    const block = readyBlock(server, options(64)).replaceAll(/\\\n\s+/g, '');
    const command = /curl -N \S+ -H '([^']+)' -d '(.+)'/.exec(block);
    expect(command?.[1]).toBe('content-type: application/json');
    expect(JSON.parse(command?.[2] ?? '')).toEqual({ messages: [{ role: 'user', content: 'Hello!' }], stream: true });
  });

  it('has the same for scripts', () => {
    expect(readyEvent(server, options(64))).toEqual({
      event: 'ready',
      url: 'http://127.0.0.1:8000',
      model: 'small',
      context_length: 2048,
      device: 'CPU (2 threads)',
      slots: 8,
      max_concurrency: 4,
      max_queue: 64,
    });
  });
});
