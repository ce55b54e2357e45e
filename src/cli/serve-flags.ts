import { Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError } from '../core/base/errors.js';
import { reservesOf } from '../core/config/access.js';
import type { Config } from '../core/config/read-config.js';
import { type EngineOptions, engines, flashAttentionModes, gpuChoices, mockReplies } from '../core/engine/options.js';
import { checkCacheMemory } from '../core/engine/prompt-cache/cache-memory.js';
import { cacheTypes, isQuantised } from '../core/gguf/kv-cache.js';
import { automaticContextLength } from '../core/gguf/memory-need.js';
import { bundledModel } from '../core/models/model-source.js';
import { resolveModel, type ResolveOptions } from '../core/models/resolve-model.js';
import { checkReserves } from '../core/scheduler/reserves.js';
import type { ServeOptions } from '../core/serve.js';
import { builtPage } from '../core/server/console/page-files.js';
import { tracesUrl } from '../core/telemetry/otlp-url.js';
import {
  autoOrBytesFlag,
  autoOrIntegerFlag,
  defaultDuration,
  defaultInWords,
  durationFlag,
  fromEnvironment,
  listFlag,
  networksFlag,
  repeatableFlag,
  valuesOf,
} from './flags.js';
import { queueFlags, queueOptions } from './queue-flags.js';
import { replicaFlags, replicationOf } from './replica-options.js';
import { isOneModel, type NamedEngine, servedEngines, severalEnginesError, wantedModels } from './several-models.js';

/** llama.cpp's own limit. The mock engine has none. */
export const mostLlamaSlots = 256;

const model = { helpGroup: 'MODEL' };
const upstreamGroup = { helpGroup: 'UPSTREAM SERVERS' };
const http = { helpGroup: 'HTTP' };
const mock = { helpGroup: 'MOCK ENGINE' };

/** The flags of everything that starts a server. */
export const serveFlags = fromEnvironment({
  model: repeatableFlag({
    ...model,
    char: 'm',
    summary:
      '[NAME=]MODEL: path of a .gguf file, hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL. Repeatable.',
    default: [[bundledModel]],
    defaultHelp: () => Promise.resolve(bundledModel),
  }),
  'max-loaded': Flags.integer({
    ...model,
    ...defaultInWords('all models'),
    summary: 'Models that are in memory at once. The others are loaded when they are asked for.',
    min: 1,
  }),
  'idle-unload': durationFlag({
    ...model,
    ...defaultDuration('0s'),
    summary: 'After how long without a request a model is unloaded; 0 means never.',
  }),
  alias: listFlag({
    ...model,
    summary: 'Name that the model, or the first of several, answers to besides its own, or * for any name. Repeatable.',
  }),
  engine: Flags.option({
    ...model,
    summary: 'What generates: llama.cpp, or a mock with exact timing and no model.',
    options: engines,
    default: 'llama' as const,
  })(),
  context: autoOrIntegerFlag({
    ...model,
    summary: `Tokens per slot, prompt and output together; auto: as many as the model was trained for, at most ${automaticContextLength}.`,
    min: 16,
    default: 'auto' as const,
  }),
  gpu: Flags.option({
    ...model,
    summary: 'Device to compute on. Only auto falls back to another one.',
    options: gpuChoices,
    default: 'auto' as const,
  })(),
  'gpu-layers': autoOrIntegerFlag({
    ...model,
    summary: 'Number of layers to keep on the GPU.',
    min: 0,
    default: 'auto' as const,
  }),
  'flash-attention': Flags.option({
    ...model,
    summary: 'Flash attention, which saves memory and usually time; auto: if the model and the device support it.',
    options: flashAttentionModes,
    default: 'auto' as const,
  })(),
  'cache-type': Flags.option({
    ...model,
    summary: 'Data type of the KV cache. Fewer bits take less memory; quantised types need flash attention.',
    options: cacheTypes,
    default: 'f16' as const,
  })(),
  'prompt-cache': autoOrBytesFlag({
    ...model,
    summary:
      'Memory for conversations that have left their slots, such as 2GiB; auto: a quarter of the free memory, at most 8GiB; 0: none.',
    default: 'auto' as const,
  }),
  embeddings: Flags.boolean({
    ...model,
    summary: 'Compute embeddings instead of text: for embedding models.',
  }),
  threads: autoOrIntegerFlag({
    ...model,
    summary: 'Number of CPU threads; auto measures which number is fastest.',
    min: 1,
    default: 'auto' as const,
  }),
  ...replicaFlags,
  upstream: Flags.custom<readonly string[]>({
    multiple: true,
    multipleNonGreedy: true,
    // A URL has no spaces, so that a variable or a line of a file can name several.
    parse: (input) => Promise.resolve(input.split(/\s+/).filter((each) => each !== '')),
  })({
    ...upstreamGroup,
    summary:
      'Server that generates instead of this one: URL[,slots=N][,model=NAME][,key=env:VARIABLE][,name=NAME]. Repeatable.',
  }),
  ...queueFlags,
  config: Flags.string({
    ...http,
    summary: 'YAML file with keys, and with values for any of these flags. Read again on SIGHUP and when it changes.',
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
  'api-key': listFlag({ ...http, summary: 'Key that clients must send. Repeatable.' }),
  'cors-origin': listFlag({ ...http, summary: 'Origin that browsers may send requests from, or *. Repeatable.' }),
  'trusted-proxy': networksFlag({
    ...http,
    summary: 'Proxy whose X-Forwarded-For says where a request comes from: an address or a network. Repeatable.',
  }),
  'max-body': Flags.integer({ ...http, summary: 'Largest request body, in bytes.', min: 1024, default: 1_048_576 }),
  'write-timeout': durationFlag({
    ...http,
    ...defaultDuration('30s'),
    summary: 'Disconnect a client that has read nothing for this long; 0 means never.',
  }),
  store: Flags.string({
    ...http,
    summary: 'File in which responses and conversations are kept, instead of in memory; created if there is none.',
  }),
  'store-ttl': durationFlag({
    ...http,
    ...defaultDuration('24h'),
    summary: 'How long responses of /v1/responses are kept after they were last used; 0 means no limit.',
  }),
  'no-console': Flags.boolean({ ...http, summary: 'Do not serve the console, the page at /.' }),
  otlp: Flags.string({ ...http, summary: 'OpenTelemetry collector to send a trace of each request to.' }),
  'usage-retention': durationFlag({
    ...http,
    ...defaultDuration('168h'),
    summary: 'How long /v1/usage remembers what keys have used, in memory; 0 means not at all.',
  }),
  'drain-timeout': durationFlag({
    ...http,
    ...defaultDuration('30s'),
    summary: 'Time that running generations have to finish after SIGTERM or Ctrl-C.',
  }),
  'mock-prefill': durationFlag({ ...mock, ...defaultDuration('20ms'), summary: 'Time to the first token.' }),
  'mock-token': durationFlag({ ...mock, ...defaultDuration('10ms'), summary: 'Time per round.' }),
  'mock-reply': Flags.option({
    ...mock,
    summary: 'Text: echo repeats the last message, round counts to 16, long counts to max_tokens.',
    options: mockReplies,
    default: 'round' as const,
  })(),
});

/** What oclif makes of them. */
export type ServeFlags = Interfaces.InferredFlags<typeof serveFlags>;

/**
 * What the flags mean for the server. A model that is not on this machine is downloaded, after everything else has been
 * checked.
 *
 * @throws ChatstreamError `usage` for flags that contradict each other, `model_unreadable` if there is no such model;
 *   the signal's reason
 */
export async function serveOptions(
  flags: ServeFlags,
  version: string,
  resolving: ResolveOptions = {},
  config: Config | null = null,
): Promise<ServeOptions> {
  // Everything is checked first, because a model may have to be downloaded.
  const rest = lineOptions(flags, version, config);
  const slots = slotsOf(flags);
  const replication = replicationOf(flags, slots);
  const wanted = wantedModels(valuesOf(flags.model));
  const onDemand = { maxLoaded: flags['max-loaded'], idleUnloadMs: flags['idle-unload'] };
  if (replication !== null && !isOneModel(wanted, onDemand)) throw severalEnginesError();
  const shares = { slots, engines: replication?.variables.length ?? 1 };
  const engines: NamedEngine[] = [];
  // One after the other, so that one download is shown at a time.
  for (const each of wanted) {
    engines.push({ ...each, engine: await engineOptions(flags, each.source, shares, resolving) });
  }
  return { ...(await servedEngines(engines, onDemand)), replication, ...rest };
}

/** What the flags mean for the queue and for HTTP, whoever generates. @throws ChatstreamError `usage` */
export function lineOptions(
  flags: ServeFlags,
  version: string,
  config: Config | null,
): Omit<ServeOptions, 'engine' | 'replication'> {
  const keys = apiKeys(valuesOf(flags['api-key']));
  const queue = queueOptions(flags, config !== null || keys.length > 1);
  if (config !== null) checkReserves(reservesOf(config), queue.policy, queue.maxConcurrency);
  return {
    queue,
    access: config,
    server: {
      host: flags.host,
      port: flags.port,
      defaultMaxTokens: flags['max-tokens'],
      aliases: aliases(valuesOf(flags.alias)),
      apiKeys: keys,
      corsOrigins: valuesOf(flags['cors-origin']),
      trustedProxies: valuesOf(flags['trusted-proxy']),
      maxBodyBytes: flags['max-body'],
      writeTimeoutMs: flags['write-timeout'],
      storeTtlMs: flags['store-ttl'],
      storePath: storePath(flags.store),
      consolePath: flags['no-console'] ? null : builtPage,
      usageRetentionMs: flags['usage-retention'],
    },
    version,
    ...(flags.otlp !== undefined && { otlpUrl: tracesUrl(flags.otlp) }),
  };
}

function storePath(path: string | undefined): string | null {
  if (path === undefined) return null;
  if (path !== '') return path;
  throw new ChatstreamError('usage', 'The path of --store is empty.', {
    hint: 'Name a file, or leave it out to keep responses in memory.',
  });
}

function aliases(names: readonly string[]): readonly string[] {
  if (names.every((name) => name !== '')) return [...new Set(names)];
  throw new ChatstreamError('usage', 'An --alias is empty.', { hint: 'Give it a name, or leave it out.' });
}

function apiKeys(keys: readonly string[]): readonly string[] {
  if (keys.every((key) => key.trim() !== '')) return keys;
  throw new ChatstreamError('usage', 'An --api-key is empty.', {
    hint: 'No client could send it. Is the variable that it comes from set?',
  });
}

/** @throws ChatstreamError `usage` */
function slotsOf(flags: Pick<ServeFlags, 'slots' | 'max-concurrency'>): number {
  const slots = flags.slots ?? flags['max-concurrency'];
  if (slots < flags['max-concurrency']) {
    throw new ChatstreamError('usage', `--slots ${slots} is less than --max-concurrency ${flags['max-concurrency']}.`, {
      hint: 'Every running generation needs a slot: raise --slots, or leave it out.',
    });
  }
  return slots;
}

/** @param shares the slots of all engines of a model together, and how many engines share them */
async function engineOptions(
  flags: ServeFlags,
  source: string,
  { slots, engines }: { readonly slots: number; readonly engines: number },
  resolving: ResolveOptions,
): Promise<EngineOptions> {
  checkEngineFlags(flags, Math.ceil(slots / engines));
  if (flags['tpot-target'] === 0) {
    throw new ChatstreamError('usage', '--tpot-target is 0, and no token takes no time.', {
      hint: 'Set the longest time per token, such as 100ms, or leave it out.',
    });
  }
  if (flags.engine === 'llama') checkCacheMemory(flags['prompt-cache']);
  const { context } = flags;
  const embeddings = flags.embeddings ? { embeddings: true } : {};
  if (flags.engine === 'mock') {
    const { 'mock-prefill': prefillMs, 'mock-token': tokenMs, 'mock-reply': reply } = flags;
    return { engine: 'mock', slots, context, prefillMs, tokenMs, reply, ...embeddings };
  }
  return {
    engine: 'llama',
    modelPath: await resolveModel(source, resolving),
    slots,
    context,
    gpu: flags.gpu,
    gpuLayers: flags['gpu-layers'],
    flashAttention: flags['flash-attention'],
    cacheType: flags['cache-type'],
    threads: flags.threads,
    prefillChunk: flags['prefill-chunk'],
    ...(flags['tpot-target'] !== undefined && { tpotTargetMs: flags['tpot-target'] }),
    promptCache: flags['prompt-cache'],
    ...embeddings,
  };
}

/**
 * Checks the engine's flags before anything is loaded or started.
 *
 * @throws ChatstreamError `usage`
 */
export function checkEngineFlags(
  flags: Pick<ServeFlags, 'engine' | 'flash-attention' | 'cache-type'>,
  slots: number,
): void {
  if (flags.engine === 'mock') return;
  if (slots > mostLlamaSlots) {
    throw new ChatstreamError('usage', `llama.cpp runs at most ${mostLlamaSlots} sequences at once, not ${slots}.`, {
      hint: 'Lower --max-concurrency, and --slots if you set it.',
    });
  }
  if (flags['flash-attention'] === 'off' && isQuantised(flags['cache-type'])) {
    throw new ChatstreamError(
      'usage',
      `--cache-type ${flags['cache-type']} does not work with --flash-attention off.`,
      { hint: 'Leave out --flash-attention, or use --cache-type f16.' },
    );
  }
}
