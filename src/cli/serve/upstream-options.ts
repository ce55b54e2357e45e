import { ChatstreamError } from '../../core/base/errors.js';
import { reservesOf } from '../../core/config/access.js';
import type { Config } from '../../core/config/read-config.js';
import { parseUpstreams } from '../../core/executor/upstream/upstream-options.js';
import { refuseReserves } from '../../core/scheduler/reserves.js';
import type { ServeUpstreamsOptions } from '../../core/serve-upstreams.js';
import { type FlagOrigins, valuesOf } from '../flags.js';
import { type ServeFlags, serveFlags } from './flags.js';
import { lineOptions } from './options.js';

/** Flags about an engine of our own are of these groups, except for those that name models. */
const engineGroups: ReadonlySet<string | undefined> = new Set(['MODEL', 'MOCK ENGINE']);
const usefulFlags: ReadonlySet<string> = new Set(['alias']);
const otherEngineFlags: ReadonlySet<string> = new Set([
  'slots',
  'prefill-chunk',
  'tpot-target',
  'preempt-batch-after',
  'store',
  'store-ttl',
]);

/**
 * What the flags mean for a server in front of others.
 *
 * @throws ChatstreamError `usage` for an upstream that cannot be, and for a flag that would have no effect
 */
export function upstreamOptions(
  flags: ServeFlags,
  version: string,
  config: Config | null,
  { isTyped, isGiven }: FlagOrigins,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ServeUpstreamsOptions {
  const upstreams = parseUpstreams(valuesOf(flags.upstream), environment);
  const useless = Object.entries(serveFlags).find(
    ([name, { helpGroup }]) =>
      isTyped(name) && !usefulFlags.has(name) && (engineGroups.has(helpGroup) || otherEngineFlags.has(name)),
  );
  if (useless !== undefined) {
    throw new ChatstreamError('usage', `--${useless[0]} has no effect with --upstream: nothing is generated here.`, {
      hint: 'Leave it out, or set it where the upstream server is started.',
    });
  }
  if (config !== null) refuseReserves(reservesOf(config));
  return {
    ...lineOptions(flags, version, config),
    upstreams,
    maxConcurrency: isGiven('max-concurrency') ? flags['max-concurrency'] : null,
  };
}
