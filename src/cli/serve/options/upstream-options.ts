import { reservesOf } from '../../../core/config/access.js';
import type { Config } from '../../../core/config/read-config.js';
import { parseUpstreams } from '../../../core/executor/upstream/upstream-options.js';
import { refuseReserves } from '../../../core/scheduler/fairness/reserves.js';
import type { ServeUpstreamsOptions } from '../../../core/serve/serve-upstreams.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { ServeFlags } from '../flags/flags.js';
import { refuseUselessFlags } from '../flags/useless-flags.js';
import { lineOptions } from './options.js';

/**
 * The options of a server in front of others that the flags describe.
 *
 * @throws ChatstreamError `usage` for an invalid upstream, and for a flag without effect
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

/** @throws ChatstreamError `usage` for settings without effect in front of other servers, including reserves */
export function checkUpstreamFlags(config: Config | null, { isTyped }: Pick<FlagOrigins, 'isTyped'>): void {
  refuseUselessFlags('upstream', isTyped);
  if (config !== null) refuseReserves(reservesOf(config), 'upstream');
}
