import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from '../base/abort.js';
import { systemClock } from '../base/clock.js';
import type { Access } from '../config/access.js';
import type { EngineInfo } from '../engine/engine.js';
import type { EngineOptions } from '../engine/options.js';
import type { Replication } from '../executor/replicas/replication.js';
import type { ListedModel } from '../inference/served-model.js';
import { createApp } from '../server/app.js';
import type { ServerOptions } from '../server/http/context.js';
import { listen } from '../server/http/listen.js';
import type { CountedOutcome } from '../telemetry/totals.js';
import { oneModel } from './local-model.js';
import type { SeveralModels } from './local-models.js';
import {
  contextOf,
  drainApp,
  entrance,
  type HostProcess,
  openStorage,
  openTraces,
  type QueueOptions,
  replaceAccess,
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
export async function serve(options: ServeOptions, logger: PinoLogger, stopping?: AbortSignal): Promise<RunningServer> {
  const clock = systemClock;
  const storage = await openStorage(options.server, clock, logger);
  const { queue, server, access } = options;
  const guarded = entrance(server, access, clock);
  const { keys, rates } = guarded;
  const scheduling = { ...schedulerOptions(queue, access, keys), slots: options.engine.slots, rates };
  const tools = { clock, logger };
  const local =
    options.models === undefined
      ? oneModel(options.engine, options.replication, scheduling, server.aliases, tools)
      : (await import('./local-models.js')).severalModels(
          options.models,
          options.replication,
          scheduling,
          server.aliases,
          tools,
        );
  const context = { ...contextOf(local, guarded, options, tools), models: local.models, storage };
  const traces = await openTraces(options, local.line, tools);
  const app = await createApp(context, logger);
  try {
    const url = await listen(app, options.server);
    logger.info({ url }, 'listening: the model is still loading');
    const infos = await (stopping === undefined ? local.start() : untilAborted(local.start(), stopping));
    return {
      url,
      info: infos[0],
      ...(options.models !== undefined && { models: local.models.list }),
      totals: context.totals.counts,
      replaceAccess: (access) => {
        replaceAccess(context, access);
      },
      drain: async (timeoutMs) => {
        const abandoned = await drainApp(app, context, timeoutMs);
        await traces?.stop();
        await storage.close();
        await local.stop();
        return abandoned;
      },
    };
  } catch (error) {
    // The engine first: requests that wait for it would keep the server from closing.
    await local.stop();
    context.history.stop();
    context.machine.stop();
    await app.close();
    await traces?.stop();
    await storage.close();
    throw error;
  }
}
