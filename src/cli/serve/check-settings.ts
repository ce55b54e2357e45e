import type { Config } from '../../core/config/read-config.js';
import type { FlagOrigins } from '../flags/flags.js';
import { checkClusterFlags } from './cluster-options.js';
import type { ServeFlags } from './flags.js';
import { lineOptions } from './options.js';
import { checkUpstreamFlags } from './upstream-options.js';

/**
 * Checks whether a server could start with these flags and this configuration file, as far as that can be known without
 * looking for models, servers and their keys.
 *
 * @throws ChatstreamError `usage`
 */
export function checkSettings(
  flags: ServeFlags,
  version: string,
  config: Config,
  origins: Pick<FlagOrigins, 'isTyped'>,
): void {
  if (flags.cluster !== undefined) checkClusterFlags(config, origins);
  else if (flags.upstream !== undefined) checkUpstreamFlags(config, origins);
  lineOptions(flags, version, config);
}
