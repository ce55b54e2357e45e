import { Flags } from '@oclif/core';
import { ChatstreamError } from '../core/base/errors.js';
import { type EngineOptions, type FlashAttention, flashAttentionModes } from '../core/engine/options.js';
import { bundledModel } from '../core/models/model-source.js';
import { resolveModel, type ResolveOptions } from '../core/models/resolve-model.js';
import type { ServeOptions } from '../core/serve.js';
import { autoOrIntegerFlag, durationFlag, fromEnvironment, valuesOf } from './flags.js';
import { type CacheType, cacheTypes, isQuantised } from '../core/gguf/kv-cache.js';

/** llama.cpp's own limit. The mock engine has none. */
const mostLlamaSlots = 256;

const model = { helpGroup: 'MODEL' };
const queue = { helpGroup: 'QUEUE' };
const http = { helpGroup: 'HTTP' };
const mock = { helpGroup: 'MOCK ENGINE' };

/** The flags of everything that starts a server. */
export const serveFlags = fromEnvironment({
  model: Flags.string({
    ...model,
    char: 'm',
    summary: 'Path of a .gguf file, hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL.',
    default: bundledModel,
  }),
  engine: Flags.option({
    ...model,
    summary: 'What generates: llama.cpp, or a mock with exact timing and no model.',
    options: ['llama', 'mock'] as const,
    default: 'llama' as const,
  })(),
  context: autoOrIntegerFlag({
    ...model,
    summary: 'Tokens per slot, prompt and answer together; auto: what the model was trained for, at most 4096.',
    min: 16,
    default: 'auto' as const,
  }),
  gpu: Flags.option({
    ...model,
    summary: 'Where to compute. Only auto falls back to something else.',
    options: ['auto', 'cuda', 'vulkan', 'metal', 'off'] as const,
    default: 'auto' as const,
  })(),
  'gpu-layers': autoOrIntegerFlag({
    ...model,
    summary: 'Layers to keep on the GPU.',
    min: 0,
    default: 'auto' as const,
  }),
  'flash-attention': Flags.option({
    ...model,
    summary: 'Attention in one pass, which saves memory and mostly time; auto: where model and device can.',
    options: flashAttentionModes,
    default: 'auto' as const,
  })(),
  'cache-type': Flags.option({
    ...model,
    summary: 'What the KV cache is kept as; fewer bits take less memory. Quantised types need flash attention.',
    options: cacheTypes,
    default: 'f16' as const,
  })(),
  threads: autoOrIntegerFlag({
    ...model,
    summary: 'Compute threads on the CPU; auto measures what is fastest.',
    min: 1,
    default: 'auto' as const,
  }),
  'max-concurrency': Flags.integer({
    ...queue,
    char: 'n',
    summary: 'Generations that run at once: the size of the processing queue.',
    min: 1,
    max: 512,
    default: 4,
  }),
  'max-queue': Flags.integer({
    ...queue,
    summary: 'Requests that may wait: the size of the request queue. 0 refuses at once.',
    min: 0,
    max: 1_000_000,
    default: 64,
  }),
  'queue-timeout': durationFlag({
    ...queue,
    summary: 'Longest wait in the queue; 0 is unlimited.',
    default: 60_000,
    defaultHelp: () => Promise.resolve('60s'),
  }),
  slots: Flags.integer({
    ...queue,
    summary:
      'Sequences to allocate: the upper limit for changing --max-concurrency while running. [default: --max-concurrency]',
    min: 1,
    max: 512,
  }),
  'prefill-chunk': Flags.integer({
    ...queue,
    summary: 'Prompt tokens that one round may take in beside the running generations.',
    min: 1,
    max: 8192,
    default: 128,
  }),
  'max-tokens': Flags.integer({
    ...queue,
    summary: 'Output tokens when a request names no limit.',
    min: 1,
    default: 512,
  }),
  host: Flags.string({ ...http, summary: 'Address to listen on.', default: '127.0.0.1' }),
  port: Flags.integer({
    ...http,
    char: 'p',
    summary: 'Port to listen on; 0 picks a free one.',
    min: 0,
    max: 65_535,
    default: 8000,
  }),
  'api-key': Flags.string({
    ...http,
    summary: 'Key that clients must send as a bearer token. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'cors-origin': Flags.string({
    ...http,
    summary: 'Origin that browsers may ask from, or *. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'max-body': Flags.integer({ ...http, summary: 'Longest request body in bytes.', min: 1024, default: 1_048_576 }),
  'write-timeout': durationFlag({
    ...http,
    summary: 'Cut off a client that reads nothing for this long; 0 is never.',
    default: 30_000,
    defaultHelp: () => Promise.resolve('30s'),
  }),
  'drain-timeout': durationFlag({
    ...http,
    summary: 'Time that running generations get to finish after SIGTERM or Ctrl-C.',
    default: 30_000,
    defaultHelp: () => Promise.resolve('30s'),
  }),
  'mock-prefill': durationFlag({
    ...mock,
    summary: 'Time to first token.',
    default: 20,
    defaultHelp: () => Promise.resolve('20ms'),
  }),
  'mock-token': durationFlag({
    ...mock,
    summary: 'Time per round.',
    default: 10,
    defaultHelp: () => Promise.resolve('10ms'),
  }),
  'mock-reply': Flags.option({
    ...mock,
    summary: 'echo repeats the last message, round counts to 16, long counts to max_tokens.',
    options: ['echo', 'round', 'long'] as const,
    default: 'round' as const,
  })(),
});

/** Values of {@link serveFlags} as oclif parses them. */
export interface ServeFlagValues {
  readonly model: string;
  readonly engine: 'llama' | 'mock';
  readonly context: number | 'auto';
  readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';
  readonly 'gpu-layers': number | 'auto';
  readonly 'flash-attention': FlashAttention;
  readonly 'cache-type': CacheType;
  readonly threads: number | 'auto';
  readonly 'max-concurrency': number;
  readonly 'max-queue': number;
  readonly 'queue-timeout': number;
  readonly slots?: number | undefined;
  readonly 'prefill-chunk': number;
  readonly 'max-tokens': number;
  readonly host: string;
  readonly port: number;
  readonly 'api-key'?: readonly string[] | string | undefined;
  readonly 'cors-origin'?: readonly string[] | string | undefined;
  readonly 'max-body': number;
  readonly 'write-timeout': number;
  readonly 'mock-prefill': number;
  readonly 'mock-token': number;
  readonly 'mock-reply': 'echo' | 'round' | 'long';
}

/**
 * What the flags mean for the server. A model that is not on this machine is downloaded, after everything else was found
 * to make sense.
 *
 * @throws ChatstreamError `usage` for flags that contradict each other, `model_unreadable` if the model cannot be had;
 *   the signal's reason
 */
export async function serveOptions(
  flags: ServeFlagValues,
  version: string,
  resolving: ResolveOptions = {},
): Promise<ServeOptions> {
  const keys = apiKeys(valuesOf(flags['api-key']));
  return {
    engine: await engineOptions(flags, resolving),
    queue: {
      maxConcurrency: flags['max-concurrency'],
      maxQueue: flags['max-queue'],
      queueTimeoutMs: flags['queue-timeout'],
    },
    server: {
      host: flags.host,
      port: flags.port,
      defaultMaxTokens: flags['max-tokens'],
      apiKeys: keys,
      corsOrigins: valuesOf(flags['cors-origin']),
      maxBodyBytes: flags['max-body'],
      writeTimeoutMs: flags['write-timeout'],
    },
    version,
  };
}

function apiKeys(keys: readonly string[]): readonly string[] {
  if (keys.every((key) => key.trim() !== '')) return keys;
  throw new ChatstreamError('usage', 'An --api-key is empty.', {
    hint: 'Nobody could ever send it. Is the variable that it was taken from set?',
  });
}

async function engineOptions(flags: ServeFlagValues, resolving: ResolveOptions): Promise<EngineOptions> {
  const slots = flags.slots ?? flags['max-concurrency'];
  if (slots < flags['max-concurrency']) {
    throw new ChatstreamError('usage', `--slots ${slots} is less than --max-concurrency ${flags['max-concurrency']}.`, {
      hint: 'Every running generation needs a slot: raise --slots, or leave it out.',
    });
  }
  const { context } = flags;
  if (flags.engine === 'mock') {
    const { 'mock-prefill': prefillMs, 'mock-token': tokenMs, 'mock-reply': reply } = flags;
    return { engine: 'mock', slots, context, prefillMs, tokenMs, reply };
  }
  if (slots > mostLlamaSlots) {
    throw new ChatstreamError('usage', `llama.cpp runs at most ${mostLlamaSlots} sequences at once, not ${slots}.`, {
      hint: 'Lower --max-concurrency, and --slots if you set it.',
    });
  }
  if (flags['flash-attention'] === 'off' && isQuantised(flags['cache-type'])) {
    throw new ChatstreamError(
      'usage',
      `--cache-type ${flags['cache-type']} does not work with --flash-attention off.`,
      {
        hint: 'Leave out --flash-attention, or use --cache-type f16.',
      },
    );
  }
  return {
    engine: 'llama',
    modelPath: await resolveModel(flags.model, resolving),
    slots,
    context,
    gpu: flags.gpu,
    gpuLayers: flags['gpu-layers'],
    flashAttention: flags['flash-attention'],
    cacheType: flags['cache-type'],
    threads: flags.threads,
    prefillChunk: flags['prefill-chunk'],
  };
}
