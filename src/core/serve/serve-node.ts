import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { systemClock } from '../base/clock.js';
import { opening } from '../base/opened.js';
import type { Bus } from '../bus/bus.js';
import { joinCluster, openBuckets } from '../cluster/joining/join-cluster.js';
import { ClusterNode } from '../cluster/node/cluster-node.js';
import type { EngineInfo } from '../engine/engine.js';
import type { EngineOptions } from '../engine/options.js';
import { loggedLine } from './logged-line.js';

export interface ServeNodeOptions {
  readonly engine: EngineOptions;
  /** For people. */
  readonly name: string;
}

export interface RunningNode {
  readonly info: EngineInfo;
  /** How many generations run at the moment. */
  readonly running: () => number;
  /**
   * Takes nothing new, lets running generations finish for `timeoutMs` milliseconds, and ends everything; what is left continues
   * at other nodes. @returns how many generations were left
   */
  drain(timeoutMs: number): Promise<number>;
}

/**
 * Loads a model, and joins a cluster with it.
 *
 * @param bus is closed at the end
 * @param stopping aborts the start while the model is still being loaded; its reason is thrown
 * @throws ChatstreamError `cluster_unavailable`, or the engine's error about the model; nothing is left running then
 */
export function serveNode(
  bus: Bus,
  { engine: options, name }: ServeNodeOptions,
  logger: PinoLogger,
  stopping: AbortSignal,
): Promise<RunningNode> {
  const clock = systemClock;
  return opening(logger, async (opened) => {
    opened.add(bus, (each) => each.close());
    const { engine } = loggedLine(options, null, logger);
    opened.add(engine, (each) => each.stop());
    // First, because loading a model may take minutes, which would be wasted if the NATS server cannot be used.
    await openBuckets(bus);
    const info = await untilAborted(engine.start(), stopping);
    const cluster = opened.add(await joinCluster({ bus, clock, logger, role: 'node' }), (each) => each.leave());
    const node = new ClusterNode({ engine, info, name, peer: cluster.peer, members: cluster.members, clock });
    opened.add(node, (each) => each.stop());
    return {
      info,
      running: () => node.running,
      drain: async (timeoutMs) => {
        const left = await node.drain(timeoutMs);
        await opened.close();
        return left;
      },
    };
  });
}
