import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import { serveFlags } from '../../../../src/cli/serve/flags/flags.js';
import {
  flagsToShow,
  givenServerFlags,
  ownServerBeginning,
  ownServerCommand,
  ownServerFlags,
} from '../../../../src/cli/serve/flags/own-server.js';
import { serveOptions } from '../../../../src/cli/serve/options/options.js';

async function given(...argv: readonly string[]): Promise<ReturnType<typeof givenServerFlags>> {
  const parsed = await Parser.parse([...argv], { flags: ownServerFlags, strict: true });
  return givenServerFlags(parsed.flags, flagOrigins(parsed).isGiven);
}

/** What comes after `serve`. */
async function argumentsOf(
  argv: readonly string[],
  settings: Parameters<typeof ownServerCommand>[2] = { slots: 8, clients: 8 },
): Promise<readonly string[]> {
  const command = ownServerCommand('/package', await given(...argv), settings);
  expect(command.slice(0, 3)).toEqual([process.execPath, join('/package', 'bin', 'run.js'), 'serve']);
  return command.slice(3);
}

/** What `serve` makes of them. */
async function served(argv: readonly string[]): Promise<Awaited<ReturnType<typeof serveOptions>>> {
  const args = (await argumentsOf(argv)).filter((argument) => argument !== '--json' && argument !== '--log-level' && argument !== 'warn'); // prettier-ignore
  const { flags } = await Parser.parse([...args], { flags: serveFlags, strict: true });
  return await serveOptions(flags, '1.2.3');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the flags of the server that a bench starts', () => {
  it('are flags of serve, in a group of their own', () => {
    for (const [name, flag] of Object.entries(ownServerFlags)) {
      expect(serveFlags).toHaveProperty(name);
      expect(flag.helpGroup).toBe('OWN SERVER');
    }
    expect(serveFlags.model.helpGroup).toBe('MODEL');
  });

  it('have no default of serve where the bench decides', async () => {
    const { flags } = await Parser.parse([], { flags: ownServerFlags, strict: true });
    expect(flags['max-queue']).toBeUndefined();
    expect(flags['queue-timeout']).toBeUndefined();
    expect(flags['mock-token']).toBe(10);
  });

  it('count as given if they are typed or in the environment, not if they are left at their defaults', async () => {
    expect(await given()).toEqual({});
    expect(await given('--engine', 'mock', '--mock-token', '1ms')).toEqual({ engine: 'mock', 'mock-token': 1 });
    expect(await given('--model', 'bundled')).toEqual({ model: 'bundled' });
    vi.stubEnv('CHATSTREAM_MODEL', 'hf:me/mine');
    expect(await given()).toEqual({ model: 'hf:me/mine' });
  });
});

describe('the command that starts it', () => {
  it('picks a free port on loopback, and speaks JSON', async () => {
    const args = (await argumentsOf([])).join(' ');
    expect(args).toContain('--json');
    expect(args).toContain('--host 127.0.0.1 --port 0');
  });

  it('has as many slots as the sweep needs, a queue that is long enough for all clients, and no limit on waiting', async () => {
    const args = await argumentsOf([], { slots: 8, clients: 100 });
    expect(args.join(' ')).toContain('--max-concurrency 8 --slots 8 --max-queue 100 --queue-timeout 0');
    expect((await argumentsOf([], { slots: 8, clients: 8 })).join(' ')).toContain('--max-queue 64');
  });

  it('leaves the length of the queue to the server in an open loop', async () => {
    expect(await argumentsOf([], { slots: 8, clients: undefined })).not.toContain('--max-queue');
  });

  it('prefers what the user says', async () => {
    const args = (await argumentsOf(['--max-queue', '3', '--queue-timeout', '5s'], { slots: 8, clients: 100 })).join(
      ' ',
    );
    expect(args).toContain('--max-queue 3');
    expect(args).not.toContain('--max-queue 100');
    expect(args).toContain('--queue-timeout 5000ms');
    expect(args).not.toContain('--queue-timeout 0');
  });

  it('is understood by serve as it was meant', async () => {
    const mock = ['--engine', 'mock', '--mock-prefill', '1.5s', '--mock-token', '0.5ms', '--mock-reply', 'long'];
    expect(await served([...mock, '--context', '99'])).toMatchObject({
      engine: { engine: 'mock', slots: 8, context: 99, prefillMs: 1500, tokenMs: 0.5, reply: 'long' },
      queue: { maxConcurrency: 8, maxQueue: 64, queueTimeoutMs: 0, policy: 'fifo', classPatienceMs: 60_000 },
      server: { host: '127.0.0.1', port: 0 },
    });
  });

  it('hands on everything about the model', async () => {
    const values = {
      model: 'a b.gguf',
      context: '2048',
      gpu: 'off',
      'gpu-layers': '0',
      'flash-attention': 'on',
      'cache-type': 'q8_0',
      threads: '3',
      'prefill-chunk': '64',
    };
    const argv = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
    const args = await argumentsOf(argv);
    for (const [name, value] of Object.entries(values)) expect(args[args.indexOf(`--${name}`) + 1]).toBe(value);
  });
});

describe('the message while the server starts', () => {
  it('names the model, whose loading takes the time', () => {
    expect(ownServerBeginning({ engine: 'llama', model: 'models/large.gguf' })).toBe(
      'Starting a server and loading models/large.gguf …',
    );
  });

  it('mentions that a model may have to be downloaded, and shows no keys', () => {
    const model = 'https://me:secret@models.example/large.gguf?token=secret';
    expect(ownServerBeginning({ engine: 'llama', model })).toBe(
      'Starting a server and loading https://models.example/large.gguf, after a download if it is not cached …',
    );
    expect(ownServerBeginning({ engine: 'llama', model: 'hf:me/large:Q4_K_M' })).toContain(
      'hf:me/large:Q4_K_M, after a down',
    );
  });

  it('puts no keys into the result either', () => {
    const model = 'https://me:secret@models.example/large.gguf?token=secret';
    expect(flagsToShow({ model, threads: 4 })).toEqual({ model: 'https://models.example/large.gguf', threads: 4 });
    expect(flagsToShow({ threads: 4 })).toEqual({ threads: 4 });
  });

  it('names no model where none is loaded', () => {
    expect(ownServerBeginning({ engine: 'mock', model: 'bundled' })).toBe('Starting a server with the mock engine …');
  });
});
