import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { systemClock } from '../base/clock.js';
import { opening } from '../base/opened.js';
import type { Access } from '../config/access.js';
import { Upstream } from '../executor/upstream/upstream.js';
import type { UpstreamOptions } from '../executor/upstream/upstream-options.js';
import { type UpstreamTimes, usualTimes } from '../executor/upstream/upstream-times.js';
import { Relay } from '../relay/relay.js';
import { createApp } from '../server/app.js';
import type { ServerOptions } from '../server/http/context.js';
import { listen } from '../server/http/listen.js';
import type { CountedOutcome } from '../telemetry/totals.js';
import {
  controlsOf,
  endRequests,
  entrance,
  type HostProcess,
  openContext,
  openTraces,
  type QueueOptions,
  schedulerOptions,
} from './serving.js';
import { logUpstream } from './upstream-log.js';

export interface ServeUpstreamsOptions {
  /** At least one. */
  readonly upstreams: readonly UpstreamOptions[];
  readonly queue: Omit<QueueOptions, 'maxConcurrency'>;
  /** The most generations at once; null for as many as the upstreams have places. */
  readonly maxConcurrency: number | null;
  /** What the configuration file says, besides the keys of `server.apiKeys`; null without such a file. */
  readonly access: Access | null;
  readonly server: ServerOptions;
  /** This package's version, for /openapi.json. */
  readonly version: string;
  /** See `ServerDescription.otlpUrl`. */
  readonly otlpUrl?: string;
  /** See `ServeOptions.host`. */
  readonly host?: HostProcess;
  /** For tests. */
  readonly times?: UpstreamTimes;
}

export interface RunningRelay {
  readonly url: string;
  readonly upstreams: readonly Upstream[];
  readonly models: readonly string[];
  readonly totals: Readonly<Record<CountedOutcome, number>>;
  /**
   * Lets in whom the configuration file names from now on. Requests that have been accepted go on.
   *
   * @throws ChatstreamError `usage` for reserves that cannot be; nothing is changed then
   */
  replaceAccess(access: Access): void;
  /** See `RunningServer.drain`. */
  drain(timeoutMs: number): Promise<number>;
}

/**
 * Starts a server whose requests other servers answer. It begins even if none of them answers yet: they may come later.
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
    const guarded = entrance(server, access, clock);
    const { keys, rates } = guarded;
    const upstreams = options.upstreams.map((each) => new Upstream(each, clock, options.times ?? usualTimes));
    opened.add(upstreams, (all) => Promise.all(all.map((upstream) => upstream.stop())));
    for (const upstream of upstreams) logUpstream(upstream, clock, logger);
    // What another server generates cannot be paused.
    const ownQueue = { ...options.queue, preemptAfterMs: null, maxConcurrency: maxConcurrency ?? 0 };
    const queue = schedulerOptions(ownQueue, access, keys);
    const relay = new Relay(upstreams, { ...queue, maxConcurrency, aliases: server.aliases, rates }, clock);
    const executed = { line: relay, engines: [], pids: () => [] };
    const tools = { clock, logger };
    const context = { ...openContext(opened, executed, guarded, options, tools), relay };
    await openTraces(opened, options, relay, tools);
    const app = opened.add(await createApp(context, logger), (each) => each.close());
    // Before the server is closed, which waits for all answers.
    opened.add(relay, endRequests);
    const url = await listen(app, server);
    const asked = Promise.all(upstreams.map((upstream) => upstream.start()));
    await (stopping === undefined ? asked : untilAborted(asked, stopping));
    for (const { name, downReason } of upstreams) {
      if (downReason !== null) logger.warn({ upstream: name, reason: downReason }, 'upstream does not answer yet');
    }
    return {
      url,
      upstreams,
      models: relay.models,
      ...controlsOf(app, context, () => opened.close()),
    };
  });
}
