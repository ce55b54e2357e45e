import type { Config } from '../../core/config/read-config.js';
import { parseUpstreams } from '../../core/executor/upstream/upstream-options.js';
import { natsOptionsOf } from '../connection/cluster-flags.js';
import { type FlagOrigins, valuesOf } from '../flags/flags.js';
import type { ServeFlags } from './flags/flags.js';
import { refuseWithoutCluster } from './flags/useless-flags.js';
import { checkClusterFlags } from './options/cluster-options.js';
import { lineOptions, wantedEngines } from './options/options.js';
import { checkUpstreamFlags } from './options/upstream-options.js';

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
  refuseWithoutCluster(flags, origins.isTyped);
  if (flags.cluster !== undefined) {
    natsOptionsOf(flags);
    checkClusterFlags(flags, config, origins);
  } else if (flags.upstream !== undefined) {
    checkUpstreamFlags(config, origins);
    parseUpstreams(valuesOf(flags.upstream), anyKeys);
  } else wantedEngines(flags, {});
  lineOptions(flags, version, config);
}

/** Whether the keys of upstreams are set depends on the environment of the server. */
const anyKeys: Readonly<Record<string, string>> = new Proxy({}, { get: () => 'set' });
