import { hostname } from 'node:os';
import { Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import type { ResolveOptions } from '../../core/models/resolve-model.js';
import type { ServeNodeOptions } from '../../core/serve/serve-node.js';
import { clusterFlags } from '../connection/cluster-flags.js';
import { defaultInWords, fromEnvironment, valuesOf } from '../flags/flags.js';
import { serveFlags } from '../serve/flags/flags.js';
import { mostSlots } from '../serve/flags/queue-flags.js';
import { engineOptions } from '../serve/options/options.js';

/** The flags of `serve` that are about one engine, and those of the cluster. */
export const nodeFlags = {
  ...fromEnvironment({
    ...clusterFlags,
    name: Flags.string({
      ...defaultInWords('the name of the machine'),
      summary: 'Name of this node in logs, reports and timings.',
    }),
    slots: Flags.integer({
      helpGroup: 'MODEL',
      char: 'n',
      summary: 'Generations that run at the same time.',
      min: 1,
      max: mostSlots,
      default: 4,
    }),
  }),
  model: serveFlags.model,
  engine: serveFlags.engine,
  context: serveFlags.context,
  gpu: serveFlags.gpu,
  'gpu-layers': serveFlags['gpu-layers'],
  'flash-attention': serveFlags['flash-attention'],
  'cache-type': serveFlags['cache-type'],
  'prompt-cache': serveFlags['prompt-cache'],
  embeddings: serveFlags.embeddings,
  threads: serveFlags.threads,
  'prefill-chunk': serveFlags['prefill-chunk'],
  'tpot-target': serveFlags['tpot-target'],
  'drain-timeout': serveFlags['drain-timeout'],
  'mock-prefill': serveFlags['mock-prefill'],
  'mock-token': serveFlags['mock-token'],
  'mock-reply': serveFlags['mock-reply'],
};

/**
 * The options of a node that the flags describe. A model that is not on this machine is downloaded.
 *
 * @throws ChatstreamError `usage`, `model_unreadable`; the signal's reason
 */
export async function nodeOptions(
  flags: Interfaces.InferredFlags<typeof nodeFlags>,
  resolving: ResolveOptions,
): Promise<ServeNodeOptions> {
  const [source, ...others] = valuesOf(flags.model);
  if (source === undefined || others.length > 0) {
    throw new ChatstreamError('usage', 'A node has one model.', {
      hint: 'Start another node for each further model, also on the same machine.',
    });
  }
  const shares = { slots: flags.slots, engines: 1 };
  return { engine: await engineOptions(flags, source, shares, resolving), name: flags.name ?? hostname() };
}
