import { ChatstreamError } from '../../../core/base/errors.js';
import { type FlagOrigins, variableOf } from '../../flags/flags.js';
import { type ServeFlags, serveFlags } from './flags.js';

/** What generates answers instead of this server. */
export type Elsewhere = 'upstream' | 'cluster';

/** Flags in these groups are about the server's own engine, except for those that name models. */
const engineGroups: ReadonlySet<string | undefined> = new Set(['MODEL', 'MOCK ENGINE']);
const usefulFlags: ReadonlySet<string> = new Set(['alias']);
const otherEngineFlags: readonly string[] = ['slots', 'prefill-chunk', 'tpot-target', 'preempt-batch-after'];

/** Upstream servers keep their own responses. */
const otherFlags: Readonly<Record<Elsewhere, readonly string[]>> = { upstream: ['store', 'store-ttl'], cluster: [] };

/** What does not apply to a node either, which has one engine for one model and no line. */
const unknownToNodes: ReadonlySet<string> = new Set([
  ...['max-loaded', 'idle-unload', 'replicas', 'devices', 'preempt-batch-after'],
]);

/**
 * Refuses flags that have no effect because nothing is generated here.
 *
 * @throws ChatstreamError `usage`
 */
export function refuseUselessFlags(elsewhere: Elsewhere, isTyped: FlagOrigins['isTyped']): void {
  const useless = uselessFlags(elsewhere).find(isTyped);
  if (useless === undefined) return;
  const where = elsewhere === 'upstream' ? 'the upstream server' : 'the node';
  const isKnownThere = elsewhere === 'upstream' || !unknownToNodes.has(useless);
  throw new ChatstreamError('usage', `--${useless} has no effect with --${elsewhere}: nothing is generated here.`, {
    hint: isKnownThere ? `Leave it out, or set it where ${where} is started.` : 'Leave it out.',
  });
}

/** How to reach NATS, which has no effect without it. */
export const clusterOnlyFlags: readonly string[] = ['cluster-creds', 'cluster-ca', 'cluster-cert', 'cluster-key'];

/**
 * Refuses flags that say how to reach NATS where it is not used.
 *
 * @throws ChatstreamError `usage`
 */
export function refuseWithoutCluster(
  { cluster }: Partial<Pick<ServeFlags, 'cluster'>>,
  isTyped: FlagOrigins['isTyped'],
): void {
  const useless = clusterOnlyFlags.find(isTyped);
  if (cluster !== undefined || useless === undefined) return;
  throw new ChatstreamError('usage', `--${useless} is for a cluster, but --cluster is not given.`, {
    hint: 'Add --cluster, or leave it out.',
  });
}

/**
 * The variables that set such flags. They may be intended for other servers on this machine, so they are not refused.
 */
export function uselessVariables(
  elsewhere: Elsewhere,
  flags: ServeFlags,
  { isTyped, isGiven }: FlagOrigins,
): readonly string[] {
  const values: Readonly<Record<string, unknown>> = flags;
  const isSet = (name: string): boolean => values[name] !== undefined && values[name] !== false && isGiven(name);
  return uselessFlags(elsewhere)
    .filter((name) => isSet(name) && !isTyped(name))
    .map(variableOf);
}

/** The flags that have no effect because nothing is generated here. */
export function uselessFlags(elsewhere: Elsewhere): readonly string[] {
  const others = new Set([...otherEngineFlags, ...otherFlags[elsewhere]]);
  return Object.entries(serveFlags)
    .filter(([name, { helpGroup }]) => !usefulFlags.has(name) && (engineGroups.has(helpGroup) || others.has(name)))
    .map(([name]) => name);
}
