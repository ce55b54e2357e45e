import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from './base/abort.js';
import { type Clock, systemClock } from './base/clock.js';
import type { Logger } from './base/logger.js';
import { apiKeySettings, type KeySettings } from './config/key-settings.js';
import type { EngineInfo } from './engine/engine.js';
import type { EngineOptions } from './engine/options.js';
import { processNames } from './engine/process/process-role.js';
import type { SupervisedProcess } from './engine/process/supervised-engine.js';
import type { Replication } from './executor/replicas/replication.js';
import { superviseLine } from './executor/replicas/supervise-replicas.js';
import { Inference } from './inference/inference.js';
import { lineContext } from './line-context.js';
import { Machine } from './machine/machine.js';
import { RateLimiter } from './scheduler/rate-limiter.js';
import { createApp } from './server/app.js';
import { connectionLimitsOfProcess } from './server/http/connection-limits.js';
import type { ServerOptions } from './server/http/context.js';
import { KeyRing } from './server/http/key-ring.js';
import { listen } from './server/http/listen.js';
import { memoryStorage } from './server/store/memory-store.js';
import type { Storage } from './server/store/store.js';
import { drainApp, type QueueOptions, ratesOf, replaceKeys, schedulerOptions } from './serving.js';
import type { CountedOutcome } from './telemetry/totals.js';
import type { TraceExporter } from './telemetry/trace-exporter.js';

export interface ServeOptions {
  /** The engine, or all engines together. */
  readonly engine: EngineOptions;
  /** Null for one engine. */
  readonly replication: Replication | null;
  readonly queue: QueueOptions;
  /** The keys of the configuration file, besides those of `server.apiKeys`; null without such a file. */
  readonly keys: readonly KeySettings[] | null;
  readonly server: ServerOptions;
  /** This package's version, for /openapi.json. */
  readonly version: string;
  /** Where traces are sent to; nowhere if left out. */
  readonly otlpUrl?: string;
}

export interface RunningServer {
  readonly url: string;
  readonly info: EngineInfo;
  readonly totals: Readonly<Record<CountedOutcome, number>>;
  /** Accepts these keys of the configuration file from now on. Requests that have been accepted go on. */
  replaceKeys(keys: readonly KeySettings[]): void;
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
 * @throws ChatstreamError `address_unavailable`, `usage` if the file of --store cannot be used, or the engine's error about the model; nothing is left running then
 */
export async function serve(options: ServeOptions, logger: PinoLogger, stopping?: AbortSignal): Promise<RunningServer> {
  const clock = systemClock;
  const storage = await openStorage(options.server, clock, logger);
  const { engine, replicas } = superviseLine(
    {
      engine: options.engine,
      log: ({ role, stream, text }) => {
        logger.debug({ stream }, `${role}: ${text}`);
      },
    },
    options.replication,
  );
  for (const supervised of engine.processes) logHealth(supervised, logger);
  engine.rounds(({ device }) => {
    if (device !== undefined) logger.info({ device }, `compute threads were changed: ${device}`);
  });
  const keys = new KeyRing([...apiKeySettings(options.server.apiKeys), ...(options.keys ?? [])]);
  const rates = new RateLimiter(clock, ratesOf(keys));
  const { queue } = options;
  const inference = new Inference(
    engine,
    { ...schedulerOptions(queue, options.keys !== null, keys), slots: options.engine.slots, rates, replicas },
    clock,
  );
  const machine = new Machine(clock, () => engine.processes.flatMap(({ pid }) => pid ?? []));
  const connectionLimits = connectionLimitsOfProcess();
  const { server, version } = options;
  const parts = { line: inference, engine, machine, options: server, keys, rates, clock, connectionLimits, version };
  const context = { ...lineContext(parts, logger), inference, storage };
  const traces = await openTraces(options, inference, clock, logger);
  const app = await createApp(context, logger);
  try {
    const url = await listen(app, options.server);
    logger.info({ url }, 'listening: the model is still loading');
    const info = await (stopping === undefined ? engine.start() : untilAborted(engine.start(), stopping));
    return {
      url,
      info,
      totals: context.totals.counts,
      replaceKeys: (changed) => {
        replaceKeys(context, [...apiKeySettings(server.apiKeys), ...changed]);
      },
      drain: async (timeoutMs) => {
        const abandoned = await drainApp(app, context, timeoutMs);
        await traces?.stop();
        await storage.close();
        await engine.stop();
        return abandoned;
      },
    };
  } catch (error) {
    // The engine first: requests that wait for it would keep the server from closing.
    await engine.stop();
    context.history.stop();
    machine.stop();
    await app.close();
    await storage.close();
    throw error;
  }
}

/** In memory, or in a file. @throws ChatstreamError `usage` */
async function openStorage({ storePath, storeTtlMs }: ServerOptions, clock: Clock, logger: Logger): Promise<Storage> {
  if (storePath === null) return memoryStorage(storeTtlMs, clock);
  // Loaded late: without --store, nobody needs it.
  const { openFileStorage } = await import('./server/store/file-storage.js');
  return openFileStorage({ path: storePath, ttlMs: storeTtlMs, clock, logger });
}

/** Loaded late: without --otlp, nobody needs it. */
async function openTraces(
  { otlpUrl, version }: ServeOptions,
  inference: Inference,
  clock: Clock,
  logger: Logger,
): Promise<TraceExporter | null> {
  if (otlpUrl === undefined) return null;
  const { TraceExporter } = await import('./telemetry/trace-exporter.js');
  return new TraceExporter(inference, { url: otlpUrl, version, clock, logger });
}

function logHealth(supervised: SupervisedProcess, logger: PinoLogger): void {
  const isEngine = supervised.role === 'engine';
  const name = isEngine ? 'engine' : processNames[supervised.role];
  const which = supervised.executor === undefined ? {} : { executor: supervised.executor };
  const effect = isEngine && which.executor !== undefined ? '' : ': requests are refused until it can be started again';
  let wasReady = false;
  supervised.hangs(({ pid, reason }) => {
    logger.error({ ...which, pid, reason }, `${name} hangs and is killed`);
  });
  supervised.states((state) => {
    switch (state.status) {
      case 'ready': {
        const model = isEngine ? { model: state.info.modelId, device: state.info.device } : {};
        // One line about a start is enough; both lines are needed to follow restarts.
        logger[isEngine || wasReady ? 'info' : 'debug']({ ...which, pid: supervised.pid, ...model }, `${name} ready`);
        wasReady = true;
        return;
      }
      case 'restarting':
        logger.warn({ ...which, attempt: state.attempt, reason: state.reason }, `${name} died and is being restarted`);
        return;
      case 'failed':
        // If the first start fails, the command ends and reports the reason itself.
        if (!wasReady) return;
        logger.error({ ...which, reason: state.reason }, `${name} is down${effect}`);
        return;
      case 'starting':
      case 'stopped':
        return;
    }
  });
}
