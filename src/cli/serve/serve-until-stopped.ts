import type { Logger } from '../../core/base/logger.js';
import type { RunningServer } from '../../core/serve/serve.js';
import { drainAtSignal } from '../exit/drain-at-signal.js';
import type { FirstSignal } from '../exit/signals.js';

/** How a server ended: what it counted, and how many generations were cut off. */
export interface Stopped {
  readonly event: 'stopped';
  readonly abandoned: number;
  readonly totals: RunningServer['totals'];
}

/**
 * Serves until a signal or a request ends the server, and then lets it finish what runs.
 *
 * @param drainTimeoutMs after which running generations are cut off; a second signal ends the process at once
 */
export async function serveUntilStopped(
  server: Pick<RunningServer, 'running' | 'drain' | 'totals'>,
  signals: Pick<FirstSignal, 'signalled' | 'beforeEnd'>,
  drainTimeoutMs: number,
  logger: Logger,
): Promise<Stopped> {
  const abandoned = await drainAtSignal(signals, drainTimeoutMs, logger, {
    drain: server.drain,
    onSecond: (signal) => {
      const running = server.running();
      const cutOff = running > 0 ? ', and running generations are cut off' : '';
      logger.warn({ signal, abandoned: running }, `a second signal: the process ends now${cutOff}`);
    },
  });
  if (abandoned > 0) logger.warn({ abandoned }, 'generations were cut off at the end of --drain-timeout');
  logger.info(server.totals, 'stopped');
  return { event: 'stopped', abandoned, totals: server.totals };
}
