import { ChatstreamError } from '../../../core/base/errors.js';
import { type FlagOrigins, variableOf } from '../../flags/flags.js';
import type { ServeFlags } from './flags.js';
import { clusterOnlyFlags, uselessFlags } from './useless-flags.js';

/** Any address will do: the server gets its own from its command line or environment. */
const anyCluster = 'nats://127.0.0.1';

const certificateFlags = ['cluster-cert', 'cluster-key'] as const;

/**
 * The flags of a configuration file, with stand-ins for flags that they need and that the command line or the
 * environment of the server may provide.
 *
 * @param flags of the file
 * @returns a note about each stand-in as well
 * @throws ChatstreamError `usage` if the stand-ins contradict the file
 */
export function withExpectedFlags(
  flags: ServeFlags,
  isInFile: FlagOrigins['isTyped'],
): { readonly flags: ServeFlags; readonly notes: readonly string[] } {
  let expected = flags;
  const notes: string[] = [];
  const needing = clusterOnlyFlags.find(isInFile);
  if (needing !== undefined && flags.cluster === undefined) {
    const useless = ['upstream', ...uselessFlags('cluster')].find(isInFile);
    if (useless !== undefined) throw notTogetherError(needing, useless);
    expected = { ...expected, cluster: anyCluster };
    notes.push(noteOn('cluster', needing));
  }
  const given = certificateFlags.find((name) => flags[name] !== undefined);
  const missing = certificateFlags.find((name) => flags[name] === undefined);
  if (given !== undefined && missing !== undefined && isInFile(given)) {
    expected = { ...expected, [missing]: flags[given] };
    notes.push(noteOn(missing, given));
  }
  return { flags: expected, notes };
}

function noteOn(missing: string, needing: string): string {
  return `"${needing}" needs --${missing}, which is not in the file: set it there, on the command line or in ${variableOf(missing)}`;
}

function notTogetherError(needing: string, useless: string): ChatstreamError {
  const message = `--${needing} is for the front of a cluster, where --${useless} has no effect.`;
  return new ChatstreamError('usage', message, { hint: 'Leave out one of the two.' });
}
