import type { TargetOptions } from '../../../core/bench/plan/options.js';
import { serverAddressOf } from '../../../core/bench/plan/server-address.js';
import type { Endpoint } from '../../../core/measurement/workload/endpoints.js';
import type { FlagOrigins } from '../../flags/flags.js';
import { flagsToShow, givenServerFlags, ownServerCommand } from '../../serve/flags/own-server.js';
import { mostSlots } from '../../serve/flags/queue-flags.js';
import { checkEngineFlags, mostLlamaSlots } from '../../serve/options/options.js';
import type { BenchFlags } from '../flags/flags.js';
import { isOpenLoop } from './load.js';
import { refuse } from './refuse.js';

/** A search may need any number of clients, and none of them should be refused. */
const mostClients = 10_000;

/**
 * The server that is measured: one that runs, or one to start.
 *
 * @param packageRoot where `bin/` is
 * @throws ChatstreamError `usage` for flags that contradict each other, or that no server can have
 */
export function targetOf(
  flags: BenchFlags,
  { isTyped, isGiven }: FlagOrigins,
  packageRoot: string,
  endpoint: Endpoint,
): TargetOptions {
  if (flags.url !== undefined) {
    // A variable that is set for servers in general, such as CHATSTREAM_MODEL, does not count as a contradiction.
    const [first] = Object.keys(givenServerFlags(flags, isTyped));
    if (first === undefined) return { type: 'url', url: validUrl(flags.url) };
    return refuse(
      `--${first} is for a server that the bench starts, but --url names one that is running.`,
      'Leave out one of the two.',
    );
  }
  const clients = Math.max(...flags.concurrency);
  const slots = Math.max(...(flags['max-concurrency'] ?? [Math.min(clients, mostLlamaSlots)]));
  if (slots > mostSlots) {
    refuse(`A server has at most ${mostSlots} slots, so --max-concurrency ${slots} is too high.`, 'Lower it.');
  }
  checkEngineFlags(flags, slots);
  const given = givenServerFlags(flags, isGiven);
  const command = ownServerCommand(packageRoot, given, {
    embeddings: endpoint === 'embeddings',
    slots,
    clients:
      flags.by === 'concurrency' && flags['find-max'] !== undefined
        ? mostClients
        : isOpenLoop(flags)
          ? undefined
          : clients,
  });
  return { type: 'own', command, serverFlags: flagsToShow(given) };
}

/** Checked now, and read when the bench begins. @throws ChatstreamError `usage` */
export function validUrl(text: string): string {
  serverAddressOf(text);
  return text;
}
