import { isIP } from 'node:net';
import type { Logger } from 'pino';
import type { Access } from '../../core/config/access.js';
import type { ServeOptions } from '../../core/serve/serve.js';
import type { FlagOrigins } from '../flags/flags.js';
import type { ServeFlags } from './flags/flags.js';
import { type Elsewhere, uselessVariables } from './flags/useless-flags.js';
import { idlePreemption } from './idle-preemption.js';
import { unknownModels } from './key-models.js';
import { idlePatience, latePatience, type Patience } from './late-patience.js';

/** Warns if anyone can use the server, and if requests may wait in vain. */
export function warnOfRisks(
  options: Pick<ServeOptions, 'server' | 'access'> & { readonly queue: Patience },
  origins: FlagOrigins,
  logger: Logger,
): void {
  warnIfOpen(options, logger);
  for (const problem of [latePatience(options.queue), idlePatience(options.queue, origins)]) {
    if (problem !== null) logger.warn(problem);
  }
}

function warnIfOpen({ server, access }: Pick<ServeOptions, 'server' | 'access'>, logger: Logger): void {
  if (isLoopback(server.host) || server.apiKeys.length > 0) return;
  if (access !== null && (access.keys.length > 0 || access.anonymous !== null)) return;
  logger.warn({ host: server.host }, 'anyone who can reach this address can use the model: set --api-key or --config');
}

/**
 * Warns of what the configuration file says in vain about clients.
 *
 * @param access null without a file
 * @param modelNames all names that requests may ask for
 */
export function warnOfAccess(
  access: Access | null,
  flags: ServeFlags,
  modelNames: readonly string[],
  logger: Logger,
): void {
  const unknown = access === null ? [] : unknownModels(access, modelNames);
  const idle = idlePreemption(flags, access);
  for (const problem of idle === null ? unknown : [...unknown, idle]) {
    logger.warn(flags.config === undefined ? {} : { config: flags.config }, problem);
  }
}

/** Variables are not refused as flags are, because they may be intended for other servers on this machine. */
export function warnOfUseless(elsewhere: Elsewhere, flags: ServeFlags, origins: FlagOrigins, logger: Logger): void {
  const variables = uselessVariables(elsewhere, flags, origins);
  if (variables.length > 0) logger.warn({ variables }, `these variables have no effect with --${elsewhere}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
