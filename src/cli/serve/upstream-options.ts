import { ChatstreamError } from '../../core/base/errors.js';
import { reservesOf } from '../../core/config/access.js';
import type { Config } from '../../core/config/read-config.js';
import { parseUpstreams } from '../../core/executor/upstream/upstream-options.js';
import { refuseReserves } from '../../core/scheduler/reserves.js';
import type { ServeUpstreamsOptions } from '../../core/serve/serve-upstreams.js';
import { type FlagOrigins, valuesOf } from '../flags/flags.js';
import { type ServeFlags, serveFlags } from './flags.js';
import { lineOptions } from './options.js';

/** Flags about an engine of our own are of these groups, except for those that name models. */
const engineGroups: ReadonlySet<string | undefined> = new Set(['MODEL', 'MOCK ENGINE']);
const usefulFlags: ReadonlySet<string> = new Set(['alias']);
const otherEngineFlags: readonly string[] = ['slots', 'prefill-chunk', 'tpot-target', 'preempt-batch-after'];

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
  checkUpstreamFlags(config, { isTyped });
  return {
    ...lineOptions(flags, version, config),
    upstreams,
    maxConcurrency: isGiven('max-concurrency') ? flags['max-concurrency'] : null,
  };
}

/** @throws ChatstreamError `usage` for what has no effect in front of other servers, reserves included */
export function checkUpstreamFlags(config: Config | null, { isTyped }: Pick<FlagOrigins, 'isTyped'>): void {
  refuseEngineFlags('upstream', isTyped, ['store', 'store-ttl']);
  if (config !== null) refuseReserves(reservesOf(config));
}

/**
 * Refuses flags about an engine, because there is none here.
 *
 * @param instead the flag that says who generates
 * @param others flags that have no effect with it either
 * @throws ChatstreamError `usage`
 */
export function refuseEngineFlags(
  instead: 'upstream' | 'cluster',
  isTyped: FlagOrigins['isTyped'],
  others: readonly string[],
): void {
  const refused = new Set([...otherEngineFlags, ...others]);
  const useless = Object.entries(serveFlags).find(
    ([name, { helpGroup }]) =>
      isTyped(name) && !usefulFlags.has(name) && (engineGroups.has(helpGroup) || refused.has(name)),
  );
  if (useless === undefined) return;
  const where = instead === 'upstream' ? 'the upstream server' : 'the node';
  throw new ChatstreamError('usage', `--${useless[0]} has no effect with --${instead}: nothing is generated here.`, {
    hint: `Leave it out, or set it where ${where} is started.`,
  });
}
