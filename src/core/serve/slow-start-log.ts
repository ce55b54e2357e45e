import type { Logger } from 'pino';
import type { Loading } from '../engine/loading.js';
import type { SlowStart } from '../engine/process/start-watch.js';
import { processNames, type ProcessRole } from '../engine/process-role.js';

/**
 * Logs that a process is not ready yet: as a warning if nothing has changed since the last report, because it may hang.
 */
export function logSlowStart(
  role: ProcessRole,
  pid: number | null,
  { waitedMs, loading, unchangedMs }: SlowStart,
  logger: Pick<Logger, 'info' | 'warn'>,
): void {
  const name = processNames[role];
  const waited = inSeconds(waitedMs);
  if (loading === null) {
    logger.warn({ pid }, `the ${name} has not begun to load after ${waited}: the machine may be too busy to start it`);
    return;
  }
  const text = `the ${name} is still loading after ${waited}: ${textOf(loading)}`;
  if (unchangedMs === 0) logger.info({ pid, ...loading }, text);
  else logger.warn({ pid, ...loading }, `${text}, and nothing has changed for ${inSeconds(unchangedMs)}`);
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

function textOf(loading: Loading): string {
  switch (loading.step) {
    case 'library':
      return 'llama.cpp is being opened';
    case 'weights':
      return `${loading.percent} % of the weights have been read`;
    case 'vocabulary':
      return 'the vocabulary is being read, and the chat template tried';
    case 'context':
      return 'the KV cache is being created, and speed is being measured';
  }
}
