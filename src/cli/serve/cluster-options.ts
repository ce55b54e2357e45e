import { ChatstreamError } from '../../core/base/errors.js';
import { reservesOf } from '../../core/config/access.js';
import type { Config } from '../../core/config/read-config.js';
import { refuseReserves } from '../../core/scheduler/fairness/reserves.js';
import type { ServeClusterOptions } from '../../core/serve/serve-cluster.js';
import type { FlagOrigins } from '../flags/flags.js';
import type { ServeFlags } from './flags.js';
import { lineOptions } from './options.js';
import { watched } from './report.js';
import { chatTrial, type Environment, tryCommand } from './try-command.js';
import { refuseUselessFlags } from './useless-flags.js';

/**
 * What the flags mean for a front of a cluster.
 *
 * @throws ChatstreamError `usage` for a flag that would have no effect, and together with --upstream
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

/** @throws ChatstreamError `usage` for what has no effect in a front, reserves included, and together with --upstream */
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

/** What `serve --cluster` prints once requests are accepted. The first line is the same as that of `serve`. */
export function frontReadyBlock(
  url: string,
  cluster: string,
  { server, access }: Pick<ServeClusterOptions, 'server' | 'access'>,
  environment: Environment = process.env,
): string {
  const command = tryCommand(url, chatTrial(), { server, access }, environment);
  return [
    `chatstream is ready on ${url}`,
    '',
    `  cluster   ${cluster}`,
    `  watch     ${watched(url, server)}   chatstream cluster status --cluster ${cluster}`,
    `  try       ${command.join(' \\\n              ')}`,
    '',
  ].join('\n');
}
