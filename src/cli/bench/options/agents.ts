import type { AgentsOptions } from '../../../core/bench/plan/options.js';
import { natsOptionsOf } from '../../connection/cluster-flags.js';
import type { FlagOrigins } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { refuse } from './refuse.js';

/**
 * The machines that send the load; null if this one does.
 *
 * @throws ChatstreamError `usage` for flags that cannot be combined with agents
 */
export function agentsOf(flags: BenchFlags, { isTyped }: FlagOrigins): AgentsOptions | null {
  const { agents: count } = flags;
  if (count === undefined) {
    for (const name of ['cluster', 'cluster-creds', 'cluster-ca', 'cluster-cert', 'cluster-key'] as const) {
      if (isTyped(name)) refuse(`--${name} is for a load from several machines, but --agents is not given.`, 'Add --agents, or leave it out.'); // prettier-ignore
    }
    return null;
  }
  if (flags.url === undefined) {
    refuse('--agents needs a server that is running, but --url names none.', 'Start it with chatstream serve, and give its address with --url as the agents see it.'); // prettier-ignore
  }
  if (flags.url.startsWith('unix:') || flags.versus?.startsWith('unix:')) {
    refuse('Agents on other machines cannot reach a Unix socket.', 'Let the server listen on a port, and name that.');
  }
  if (flags.samples !== undefined) {
    refuse('--samples cannot be combined with --agents: each of them would have a part.', 'Leave out one of the two.');
  }
  const { 'max-in-flight': limit, workers = 1 } = flags;
  if (limit !== undefined && limit < count * workers) {
    const senders = workers === 1 ? `${count} agents` : `${count} agents with ${workers} workers each`;
    refuse(`--max-in-flight ${limit} cannot be shared by ${senders}.`, 'Use fewer.');
  }
  return { count, nats: natsOptionsOf(flags) };
}
