import { ChatstreamError } from '../../../core/base/errors.js';
import { reservesOf } from '../../../core/config/access.js';
import type { Config } from '../../../core/config/read-config.js';
import { refuseReserves } from '../../../core/scheduler/fairness/reserves.js';
import type { ServeClusterOptions } from '../../../core/serve/serve-cluster.js';
import type { FlagOrigins } from '../../flags/flags.js';
import type { ServeFlags } from '../flags/flags.js';
import { refuseUselessFlags } from '../flags/useless-flags.js';
import { lineOptions } from './options.js';

/**
 * The options of a front of a cluster that the flags describe.
 *
 * @throws ChatstreamError `usage` for a flag without effect, and together with --upstream
 */
export function clusterOptions(
  flags: ServeFlags,
  version: string,
  config: Config | null,
  { isTyped, isGiven }: FlagOrigins,
): ServeClusterOptions {
  checkClusterFlags(flags, config, { isTyped });
  return {
    ...lineOptions(flags, version, config),
    maxConcurrency: isGiven('max-concurrency') ? flags['max-concurrency'] : null,
  };
}

/**
 * @throws ChatstreamError `usage` for settings without effect in a front, including reserves, and together with
 *   --upstream
 */
export function checkClusterFlags(
  { upstream }: Pick<ServeFlags, 'upstream'>,
  config: Config | null,
  { isTyped }: Pick<FlagOrigins, 'isTyped'>,
): void {
  refuseUselessFlags('cluster', isTyped);
  if (config !== null) refuseReserves(reservesOf(config), 'cluster');
  if (upstream === undefined) return;
  throw new ChatstreamError('usage', 'Either the nodes of --cluster generate, or the servers of --upstream.', {
    hint: 'Leave out one of the two. CHATSTREAM_CLUSTER and CHATSTREAM_UPSTREAM count as well.',
  });
}
