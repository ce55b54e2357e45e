import { ChatstreamError } from '../../../core/base/errors.js';
import { reservesOf } from '../../../core/config/access.js';
import type { Config } from '../../../core/config/read-config.js';
import type { EngineOptions } from '../../../core/engine/options.js';
import { checkCacheMemory } from '../../../core/engine/prompt-cache/cache-memory.js';
import type { Replication } from '../../../core/executor/replicas/replication.js';
import { isQuantised } from '../../../core/gguf/kv-cache.js';
import { resolveModel, type ResolveOptions } from '../../../core/models/resolve-model.js';
import { checkReserves } from '../../../core/scheduler/fairness/reserves.js';
import { checkPreemption } from '../../../core/scheduler/preemption.js';
import type { ServeOptions } from '../../../core/serve/serve.js';
import { builtPage } from '../../../core/server/console/page-files.js';
import { tracesUrl } from '../../../core/telemetry/otlp-url.js';
import { valuesOf } from '../../flags/flags.js';
import type { ServeFlags } from '../flags/flags.js';
import { queueOptions } from '../flags/queue-flags.js';
import { replicationOf } from '../flags/replica-options.js';
import { hostOf } from './host.js';
import { checkAliases, type NamedEngine, servedEngines, type WantedModel, wantedModels } from './several-models.js';

/** llama.cpp's own limit. The mock engine has none. */
export const mostLlamaSlots = 256;

/**
 * The options of the server that the flags describe. A model that is not on this machine is downloaded after everything
 * else has been checked.
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
  // Everything is checked first, because downloading a model may take long.
  const rest = lineOptions(flags, version, config);
  const { slots, replication, wanted } = wantedEngines(flags);
  const onDemand = { maxLoaded: flags['max-loaded'], idleUnloadMs: flags['idle-unload'] };
  const replicas = replication?.variables.length ?? 1;
  const shares = { slots, engines: replicas };
  const { aliases } = rest.server;
  const engines: NamedEngine[] = [];
  // One after the other, so that one download is shown at a time.
  for (const each of wanted) {
    engines.push({ ...each, engine: await engineOptions(flags, each.source, shares, resolving) });
  }
  const served = await servedEngines(engines, onDemand, replicas);
  checkAliases(aliases, served.models?.models.map(({ name }) => name) ?? []);
  return { ...served, replication, ...rest };
}

/**
 * How many engines each model should have, as far as the flags say.
 *
 * @throws ChatstreamError `usage` for flags that contradict each other
 */
export function wantedEngines(
  flags: ServeFlags,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): {
  readonly slots: number;
  readonly replication: Replication | null;
  readonly wanted: readonly WantedModel[];
} {
  const slots = slotsOf(flags);
  const replication = replicationOf(flags, slots, environment);
  const wanted = wantedModels(valuesOf(flags.model));
  checkAliases(
    valuesOf(flags.alias),
    wanted.map(({ name }) => name),
  );
  return { slots, replication, wanted };
}

/**
 * The settings of the queue and of HTTP, which do not depend on where answers are generated.
 *
 * @throws ChatstreamError `usage`
 */
export function lineOptions(
  flags: ServeFlags,
  version: string,
  config: Config | null,
): Omit<ServeOptions, 'engine' | 'replication'> {
  const keys = apiKeys(valuesOf(flags['api-key']));
  const queue = queueOptions(flags, config !== null || keys.length > 1);
  if (config !== null) checkReserves(reservesOf(config), queue.policy, queue.maxConcurrency);
  checkPreemption(queue);
  return {
    queue,
    access: config,
    server: {
      host: hostOf(flags.host),
      port: flags.port,
      defaultMaxTokens: flags['max-tokens'],
      aliases: aliases(valuesOf(flags.alias)),
      apiKeys: keys,
      corsOrigins: corsOrigins(valuesOf(flags['cors-origin'])),
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
  if (new Set(keys).size < keys.length) {
    throw new ChatstreamError('usage', 'An --api-key is given twice.', {
      hint: 'Give each client its own key: shares and usage are counted per key.',
    });
  }
  if (keys.every((key) => key.trim() !== '')) return keys;
  throw new ChatstreamError('usage', 'An --api-key is empty.', {
    hint: 'No client could send it. Is the variable that it comes from set?',
  });
}

/** The form in which browsers send an origin: without a path, not even a slash. */
const origin = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/i;

function corsOrigins(origins: readonly string[]): readonly string[] {
  const wrong = origins.find((each) => each !== '*' && each !== 'null' && !origin.test(each));
  if (wrong === undefined) return origins;
  throw new ChatstreamError('usage', `--cors-origin "${wrong}" is not an origin, so no browser would ever send it.`, {
    hint: 'Write scheme, host and port without a path, such as https://chat.example.com, or * for any origin.',
  });
}

/** @throws ChatstreamError `usage` */
function slotsOf(flags: Pick<ServeFlags, 'slots' | 'max-concurrency'>): number {
  const slots = flags.slots ?? flags['max-concurrency'];
  if (slots < flags['max-concurrency']) {
    throw new ChatstreamError('usage', `--slots ${slots} is less than --max-concurrency ${flags['max-concurrency']}.`, {
      hint: 'Every running generation needs a slot: raise --slots, leave it out, or lower --max-concurrency.',
    });
  }
  return slots;
}

type EngineFlags = Pick<
  ServeFlags,
  | 'engine'
  | 'context'
  | 'gpu'
  | 'gpu-layers'
  | 'flash-attention'
  | 'cache-type'
  | 'threads'
  | 'prefill-chunk'
  | 'tpot-target'
  | 'prompt-cache'
  | 'embeddings'
  | 'mock-prefill'
  | 'mock-token'
  | 'mock-reply'
>;

/**
 * The options of the engines of one model, which is downloaded if it is not on this machine.
 *
 * @param shares the slots of all engines of a model together, and how many engines share them
 * @throws ChatstreamError `usage` for flags that contradict each other, `model_unreadable` if there is no such model; the
 *   reason of the signal
 */
export async function engineOptions(
  flags: EngineFlags,
  source: string,
  { slots, engines }: { readonly slots: number; readonly engines: number },
  resolving: ResolveOptions,
): Promise<EngineOptions> {
  checkEngineFlags(flags, Math.ceil(slots / engines));
  if (flags['tpot-target'] === 0) {
    throw new ChatstreamError('usage', '--tpot-target is 0, but every token takes some time.', {
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
