import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { systemClock } from '../base/clock.js';
import { opening } from '../base/opened.js';
import { Upstream } from '../executor/upstream/upstream.js';
import type { UpstreamOptions } from '../executor/upstream/upstream-options.js';
import { type UpstreamTimes, usualTimes } from '../executor/upstream/upstream-times.js';
import { Relay } from '../relay/relay.js';
import { endRequests, type OpenServer, openServer } from './open-server.js';
import { entrance, openContext, type QueueOptions, schedulerOptions, type ServerDescription } from './serving.js';
import { logUpstream } from './upstream-log.js';

export interface ServeUpstreamsOptions extends ServerDescription {
  /** At least one. */
  readonly upstreams: readonly UpstreamOptions[];
  readonly queue: Omit<QueueOptions, 'maxConcurrency'>;
  /** The maximum number of generations at once; null for as many as the upstreams have places. */
  readonly maxConcurrency: number | null;
  /** For tests. */
  readonly times?: UpstreamTimes;
}

export interface RunningRelay extends OpenServer {
  readonly upstreams: readonly Upstream[];
  readonly models: readonly string[];
}

/**
 * Starts a server whose requests other servers answer. It starts even if none of them answers yet.
 *
 * @param stopping aborts the start; its reason is thrown
 * @throws ChatstreamError `address_unavailable`; nothing is left running then
 */
export function serveUpstreams(
  options: ServeUpstreamsOptions,
  logger: PinoLogger,
  stopping?: AbortSignal,
): Promise<RunningRelay> {
  const clock = systemClock;
  const { server, access, maxConcurrency } = options;
  return opening(logger, async (opened) => {
    const guarded = entrance(options, clock);
    const { keys, rates } = guarded;
    const upstreams = options.upstreams.map((each) => new Upstream(each, clock, options.times ?? usualTimes));
    opened.add(upstreams, (all) => Promise.all(all.map((upstream) => upstream.stop())));
    for (const upstream of upstreams) logUpstream(upstream, clock, logger);
    // A generation on another server cannot be paused.
    const ownQueue = { ...options.queue, preemptAfterMs: null, maxConcurrency: maxConcurrency ?? 0 };
    const queue = schedulerOptions(ownQueue, access, keys);
    const relay = new Relay(upstreams, { ...queue, maxConcurrency, aliases: server.aliases, rates }, clock);
    const executed = { line: relay, engines: [], pids: () => [] };
    const tools = { clock, logger };
    const context = { ...openContext(opened, executed, guarded, options, tools), relay };
    const running = await openServer(opened, context, options, logger, () => {
      endRequests(relay);
    });
    const asked = Promise.all(upstreams.map((upstream) => upstream.start()));
    await (stopping === undefined ? asked : untilAborted(asked, stopping));
    for (const { name, downReason } of upstreams) {
      if (downReason !== null) logger.warn({ upstream: name, reason: downReason }, 'upstream does not answer yet');
    }
    return { ...running, upstreams, models: relay.models };
  });
}
