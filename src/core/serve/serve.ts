import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { type Clock, systemClock } from '../base/clock.js';
import { opening } from '../base/opened.js';
import type { Access } from '../config/access.js';
import type { EngineInfo } from '../engine/engine.js';
import type { EngineOptions } from '../engine/options.js';
import type { Replication } from '../executor/replicas/replication.js';
import type { InferenceOptions } from '../inference/inference.js';
import type { ListedModel } from '../inference/served-model.js';
import { createApp } from '../server/app.js';
import type { ServerOptions } from '../server/http/context.js';
import { listen } from '../server/http/listen.js';
import type { CountedOutcome } from '../telemetry/totals.js';
import { type LocalModels, oneModel } from './local-model.js';
import type { SeveralModels } from './local-models.js';
import {
  controlsOf,
  endRequests,
  entrance,
  type HostProcess,
  openContext,
  openStorage,
  openTraces,
  type QueueOptions,
  schedulerOptions,
} from './serving.js';

export interface ServeOptions {
  /** The model, with the options of all its engines together; the first of several models. */
  readonly engine: EngineOptions;
  /** Several engines for each model; null for one. */
  readonly replication: Replication | null;
  /** Several models, or one that is loaded on demand. */
  readonly models?: SeveralModels;
  readonly queue: QueueOptions;
  /** What the configuration file says, besides the keys of `server.apiKeys`; null without such a file. */
  readonly access: Access | null;
  readonly server: ServerOptions;
  /** This package's version, for /openapi.json. */
  readonly version: string;
  /** See `ServerDescription.otlpUrl`. */
  readonly otlpUrl?: string;
  /** Without it, requests can neither end the process nor start load tests. */
  readonly host?: HostProcess;
}

export interface RunningServer {
  readonly url: string;
  /** The model; of several, the first that is loaded. */
  readonly info: EngineInfo;
  /** Of several: all, as they are after the start. */
  readonly models?: readonly ListedModel[];
  readonly totals: Readonly<Record<CountedOutcome, number>>;
  /**
   * Lets in whom the configuration file names from now on. Requests that have been accepted go on.
   *
   * @throws ChatstreamError `usage` for reserves that cannot be; nothing is changed then
   */
  replaceAccess(access: Access): void;
  /**
   * Refuses new requests, turns away waiting ones, lets running generations finish for `timeoutMs` milliseconds, and then
   * ends everything. @returns how many generations were cut off
   */
  drain(timeoutMs: number): Promise<number>;
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
    const guarded = entrance(server, access, clock);
    const { keys, rates } = guarded;
    const scheduling = { ...schedulerOptions(queue, access, keys), slots: options.engine.slots, rates };
    const local = await localModels(options, scheduling, tools);
    opened.add(local, (each) => each.stop());
    const context = { ...openContext(opened, local, guarded, options, tools), models: local.models, storage };
    await openTraces(opened, options, local.line, tools);
    const app = opened.add(await createApp(context, logger), (each) => each.close());
    // Before the server is closed, which waits for all answers: what waits for an engine would never get one.
    opened.add(local, (each) => {
      endRequests(each.line);
      return each.stop();
    });
    const url = await listen(app, server);
    logger.info({ url }, 'listening: the model is still loading');
    const infos = await (stopping === undefined ? local.start() : untilAborted(local.start(), stopping));
    return {
      url,
      info: infos[0],
      ...(options.models !== undefined && { models: local.models.list }),
      ...controlsOf(app, context, () => opened.close()),
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
