import { Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flagOrigins } from '../../../src/cli/flags/flags.js';
import { nodeFlags } from '../../../src/cli/node/options.js';
import { serveFlags } from '../../../src/cli/serve/flags/flags.js';
import { idleFlags } from '../../../src/cli/serve/idle-flags.js';
import { engineOptions } from '../../../src/cli/serve/options/options.js';

async function problemsOf(...argv: readonly string[]): Promise<readonly string[]> {
  const parsed = await Parser.parse([...argv], { flags: serveFlags, strict: true });
  return idleFlags(parsed.flags, flagOrigins(parsed));
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('flags without effect on the engine', () => {
  it.each([
    [['--engine', 'mock', '--mock-token', '1ms', '--context', '64'], []],
    [['--threads', '2', '--gpu-layers', '3', '--prompt-cache', '0'], []],
    [['--embeddings', '--gpu', 'off', '--prefill-chunk', '64'], []],
    [['--mock-token', '1ms'], ['--mock-token has no effect with --engine llama, the default']],
    [
      ['--engine', 'mock', '--threads', '2', '--gpu', 'off', '--gpu-layers', '3'],
      ['--gpu, --gpu-layers, --threads have no effect with --engine mock'],
    ],
    [['--gpu', 'off', '--gpu-layers', '3'], ['--gpu-layers has no effect with --gpu off']],
    [
      ['--embeddings', '--cache-type', 'q8_0', '--mock-reply', 'echo'],
      ['--mock-reply has no effect with --engine llama, the default', '--cache-type has no effect with --embeddings'],
    ],
  ])('%j', async (argv, problems) => {
    expect(await problemsOf(...argv)).toEqual(problems);
  });

  it('are named as they were set', async () => {
    vi.stubEnv('CHATSTREAM_THREADS', '2');
    vi.stubEnv('CHATSTREAM_GPU_LAYERS', '3');
    expect(await problemsOf('--engine', 'mock', '--gpu-layers', '3')).toEqual([
      '--gpu-layers, CHATSTREAM_THREADS have no effect with --engine mock',
    ]);
  });

  it('are the same on a node', async () => {
    const parsed = await Parser.parse(['--cluster', 'nats://127.0.0.1:9', '--mock-token', '1ms'], { flags: nodeFlags });
    expect(idleFlags(parsed.flags, flagOrigins(parsed))).toHaveLength(1);
  });

  it('are all of the flags about an engine that the mock engine does not know', async () => {
    const { flags } = await Parser.parse(['--engine', 'mock'], { flags: serveFlags, strict: true });
    const read = new Set<PropertyKey>();
    const watched = new Proxy(flags, {
      get: (target, name, receiver): unknown => {
        read.add(name);
        return Reflect.get(target, name, receiver);
      },
    });
    await engineOptions(watched, '', { slots: 1, engines: 1 }, {});
    for (const name of [
      'gpu',
      'gpu-layers',
      'flash-attention',
      'cache-type',
      'prompt-cache',
      'threads',
      'prefill-chunk',
    ]) {
      expect(read).not.toContain(name);
      expect(idleFlags(flags, { isTyped: () => true, isGiven: (given) => given === name })).toHaveLength(1);
    }
    for (const name of ['context', 'mock-prefill', 'mock-token', 'mock-reply', 'embeddings']) {
      expect(read).toContain(name);
      expect(idleFlags(flags, { isTyped: () => true, isGiven: (given) => given === name })).toEqual([]);
    }
  });
});
