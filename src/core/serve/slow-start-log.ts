import type { Logger } from 'pino';
import type { Loading } from '../engine/loading.js';
import type { SlowStart } from '../engine/process/start-watch.js';
import { processNames, type ProcessRole } from '../engine/process-role.js';

/** Logs that a process is still loading: as a warning if nothing has changed since the last report, because it may never be over. */
export function logSlowStart(
  role: ProcessRole,
  pid: number | null,
  { waitedMs, loading, advances }: SlowStart,
  logger: Pick<Logger, 'info' | 'warn'>,
): void {
  const name = role === 'engine' ? 'engine' : processNames[role];
  const doing = loading === null ? '' : `: ${textOf(loading)}`;
  const text = `${name} is still loading after ${Math.round(waitedMs / 1000)} s${doing}`;
  if (advances) logger.info({ pid, ...loading }, text);
  else logger.warn({ pid, ...loading }, `${text}; nothing has changed since the last look`);
}

function textOf(loading: Loading): string {
  switch (loading.step) {
    case 'library':
      return 'llama.cpp is being opened';
    case 'weights':
      return `${loading.percent} % of the weights have been read`;
    case 'context':
      return 'the KV cache is being created, and speed is being measured';
  }
}
