import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { type Clock, systemClock } from '../base/clock.js';
import { opening } from '../base/opened.js';
import type { EngineInfo } from '../engine/engine.js';
import type { EngineOptions } from '../engine/options.js';
import type { Replication } from '../executor/replicas/replication.js';
import type { InferenceOptions } from '../inference/service/inference.js';
import type { ListedModel } from '../inference/service/served-model.js';
import { type LocalModels, oneModel } from './local-model.js';
import type { SeveralModels } from './local-models.js';
import { endRequests, type OpenServer, openServer } from './open-server.js';
import {
  entrance,
  openContext,
  openStorage,
  type QueueOptions,
  schedulerOptions,
  type ServerDescription,
} from './serving.js';

export interface ServeOptions extends ServerDescription {
  /** The model, with the options of all its engines together; the first of several models. */
  readonly engine: EngineOptions;
  /** Several engines for each model; null for one. */
  readonly replication: Replication | null;
  /** Several models, or one that is loaded on demand. */
  readonly models?: SeveralModels;
  readonly queue: QueueOptions;
}

export interface RunningServer extends OpenServer {
  /** The model; with several, the first that is loaded. */
  readonly info: EngineInfo;
  /** Of several: all, as they are after the start. */
  readonly models?: readonly ListedModel[];
}

/**
 * Starts the whole server. It listens first, so that health checks are answered while the model loads.
 *
 * @param stopping aborts the start while the model is still being loaded, which can take minutes; its reason is thrown
 * @throws ChatstreamError `address_unavailable`, `usage` if the file of --store cannot be used, or the engine's error
 *   about the model; nothing is left running then
 */
export function serve(options: ServeOptions, logger: PinoLogger, stopping?: AbortSignal): Promise<RunningServer> {
  const clock = systemClock;
  const { queue, server, access } = options;
  const tools = { clock, logger };
  return opening(logger, async (opened) => {
    const storage = opened.add(await openStorage(server, clock, logger), (each) => each.close());
    const guarded = entrance(options, clock);
    const { keys, rates } = guarded;
    const scheduling = { ...schedulerOptions(queue, access, keys), slots: options.engine.slots, rates };
    const local = await localModels(options, scheduling, tools);
    opened.add(local, (each) => each.stop());
    const context = { ...openContext(opened, local, guarded, options, tools), models: local.models, storage };
    const running = await openServer(opened, context, options, logger, () => {
      endRequests(local.line);
      // Requests that wait for an engine would never get one.
      return local.stop();
    });
    logger.info({ url: running.url }, 'listening: the model is still loading');
    const infos = await (stopping === undefined ? local.start() : untilAborted(local.start(), stopping));
    return {
      ...running,
      info: infos[0],
      ...(options.models !== undefined && { models: local.models.list }),
    };
  });
}

async function localModels(
  { models, engine, replication, server: { aliases } }: ServeOptions,
  scheduling: InferenceOptions,
  tools: { readonly clock: Clock; readonly logger: PinoLogger },
): Promise<LocalModels> {
  if (models === undefined) return oneModel(engine, replication, scheduling, aliases, tools);
  // Loaded late: most servers have one model.
  const { severalModels } = await import('./local-models.js');
  return severalModels(models, replication, scheduling, aliases, tools);
}
