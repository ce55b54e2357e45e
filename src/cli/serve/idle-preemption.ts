import type { Access } from '../../core/config/access.js';
import type { ServeFlags } from './flags/flags.js';

/**
 * Why --preempt-batch-after does nothing on this server; null if it is not set, or if generations may pause.
 *
 * @param access from a configuration file; null without one
 */
export function idlePreemption(
  flags: Pick<ServeFlags, 'preempt-batch-after' | 'upstream' | 'cluster' | 'embeddings'>,
  access: Access | null,
): string | null {
  if (flags['preempt-batch-after'] === undefined) return null;
  // On the command line, it is refused together with these two. In the environment, it may be intended for other
  // servers as well.
  if (flags.upstream !== undefined) return noEffect('what upstream servers generate is not paused');
  if (flags.cluster !== undefined) return noEffect('what the nodes of a cluster generate is not paused');
  if (flags.embeddings) return noEffect('embeddings are not paused');
  const senders = access === null ? [] : [...access.keys, ...(access.anonymous === null ? [] : [access.anonymous])];
  if (senders.some(({ trafficClass }) => trafficClass === 'interactive')) return null;
  return noEffect('no request is interactive. Give "class: interactive" to keys, or to "anonymous", in --config');
}

function noEffect(why: string): string {
  return `--preempt-batch-after has no effect: ${why}`;
}
