import { setTimeout as pause } from 'node:timers/promises';
import { untilAborted } from '../base/abort.js';
import { ChatstreamError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Bus } from './bus.js';
import { mayPass } from './connect-error.js';

export interface AwaitNatsOptions {
  readonly logger: Logger;
  /** Ends it; its reason is thrown. */
  readonly stopping: AbortSignal;
  /** The time between two attempts, in milliseconds; 1000 by default. */
  readonly pauseMs?: number;
}

/**
 * Connects to NATS, and waits for a server that is not there yet, or hangs: the machines of a cluster may start in any
 * order. The log says for what it waits.
 *
 * @param connect such as `connectNats`
 * @throws the error of `connect` if waiting does not help, for example if NATS refuses the user
 */
export async function awaitNats(
  connect: () => Promise<Bus>,
  { logger, stopping, pauseMs = 1000 }: AwaitNatsOptions,
): Promise<Bus> {
  let told: string | null = null;
  for (;;) {
    try {
      const bus = await untilAborted(connect(), stopping);
      if (told !== null) logger.info({}, 'connected to NATS');
      return bus;
    } catch (error) {
      if (!(error instanceof ChatstreamError) || !mayPass(error)) throw error;
      if (error.message !== told)
        logger.error({ reason: error.message }, 'waiting for NATS: trying again until it is there');
      told = error.message;
    }
    // Unlike those of the system's clock, this timer keeps the process alive.
    await untilAborted(pause(pauseMs), stopping);
  }
}
