import { hostname } from 'node:os';
import type { Logger as PinoLogger } from 'pino';
import { systemClock } from '../base/clock.js';
import { Emitter } from '../base/emitter.js';
import { opening } from '../base/opened.js';
import { mostValueBytes } from '../bus/bucket.js';
import type { Bus } from '../bus/bus.js';
import { ClusterModels } from '../cluster/front/cluster-models.js';
import { FrontSettings } from '../cluster/front/front-settings.js';
import { logNodes } from '../cluster/front/node-log.js';
import { joinCluster, type Membership } from '../cluster/joining/join-cluster.js';
import { SharedUsage, type SharedUsageOptions } from '../cluster/usage/shared-usage.js';
import type { InferenceEvent } from '../inference/request.js';
import { noKey } from '../scheduler/jobs/demand.js';
import type { ServerOptions } from '../server/http/context.js';
import { KeyUsage } from '../telemetry/key-usage.js';
import { type OpenServer, openServer } from './open-server.js';
import {
  entrance,
  openContext,
  openStorage,
  type QueueOptions,
  schedulerOptions,
  type ServerDescription,
} from './serving.js';

export interface ServeClusterOptions extends ServerDescription {
  readonly queue: QueueOptions;
  /**
   * The maximum number of generations of a model at once in the whole cluster; null for as many as its nodes have
   * places.
   */
  readonly maxConcurrency: number | null;
}

/** For books that others write. */
const noEvents = new Emitter<InferenceEvent>().subscribe;

/**
 * Starts a front of a cluster: a server whose requests nodes answer. It starts even if there is no node yet.
 *
 * @param bus is closed at the end
 * @throws ChatstreamError `address_unavailable`, `cluster_unavailable`, and `usage` if the file of --store cannot be used, or there are
 *   more keys than NATS can keep the terms of; nothing is left running then
 */
export function serveCluster(bus: Bus, options: ServeClusterOptions, logger: PinoLogger): Promise<OpenServer> {
  const clock = systemClock;
  const { queue, maxConcurrency, access, server } = options;
  return opening(logger, async (opened) => {
    opened.add(bus, (each) => each.close());
    const guarded = entrance(options, clock);
    const { keys, rates } = guarded;
    // A generation on a node cannot be paused.
    const scheduling = schedulerOptions({ ...queue, preemptAfterMs: null }, access, keys);
    const own = new FrontSettings(scheduling, maxConcurrency);
    own.assertFits(mostValueBytes(bus.maxPayloadBytes));
    // First, because a file that cannot be used should not leave behind a member that the cluster takes for a front.
    const storage = opened.add(await openStorage(server, clock, logger), (each) => each.close());
    const cluster = opened.add(await joinCluster({ bus, clock, logger, role: 'front' }), (each) => each.leave());
    opened.add(logNodes(cluster.nodes, logger), (stop) => {
      stop();
    });
    const models = new ClusterModels({
      ...{ peer: cluster.peer, lines: cluster.lines, nodes: cluster.nodes, clock, aliases: server.aliases },
      own,
      queue: { ...scheduling, slots: 0, rates },
    });
    opened.add(models, (each) => each.stop());
    // With the number of the process: a machine may have several fronts.
    opened.add(cluster.announceFront(`${hostname()}-${process.pid}`, models), (each) => each.end());
    const usage = opened.add(sharedUsage({ bus, cluster, models, rates, clock }, server), (each) => {
      each.stop();
    });
    const executed = { line: models, engines: [], pids: () => [], usage };
    const tools = { clock, logger };
    const context = { ...openContext(opened, executed, guarded, options, tools), models, storage };
    context.metrics.observeHeldLines(models, () => cluster.heldLines);
    return openServer(opened, context, options, logger);
  });
}

function sharedUsage(
  {
    bus,
    cluster,
    models,
    rates,
    clock,
  }: Pick<SharedUsageOptions, 'bus' | 'rates' | 'clock'> & {
    readonly cluster: Membership;
    readonly models: ClusterModels;
  },
  { usageRetentionMs }: ServerOptions,
): SharedUsage {
  return new SharedUsage({
    ...{ bus, id: cluster.peer.id, clock, rates },
    own: new KeyUsage(models.events, usageRetentionMs),
    newBook: () => new KeyUsage(noEvents, usageRetentionMs),
    settled: (listener) =>
      models.events((event) => {
        if (event.type === 'settled') listener(event.key ?? noKey);
      }),
  });
}
