import type { Logger as PinoLogger } from 'pino';
import { untilAborted } from './base/abort.js';
import { type Clock, longestTimerMs, systemClock } from './base/clock.js';
import type { Logger } from './base/logger.js';
import { apiKeySettings, type KeySettings } from './config/key-settings.js';
import type { EngineInfo } from './engine/engine.js';
import type { EngineOptions } from './engine/options.js';
import { processNames } from './engine/process/process-role.js';
import { superviseEngine } from './engine/process/supervise-engine.js';
import type { SupervisedProcess } from './engine/process/supervised-engine.js';
import { Inference } from './inference/inference.js';
import type { KeyTerms } from './scheduler/demand.js';
import type { QueuePolicy } from './scheduler/fair-line.js';
import { RateLimiter, type RateLimits } from './scheduler/rate-limiter.js';
import type { SchedulerLimits, SchedulerOptions } from './scheduler/scheduler.js';
import { createApp } from './server/app.js';
import { connectionLimitsOfProcess } from './server/http/connection-limits.js';
import type { ServerOptions } from './server/http/context.js';
import { KeyRing } from './server/http/key-ring.js';
import { listen } from './server/http/listen.js';
import { memoryStorage } from './server/store/memory-store.js';
import type { Storage } from './server/store/store.js';
import { QueueAnnouncer } from './server/streaming/queue-announcer.js';
import { KeyUsage } from './telemetry/key-usage.js';
import { Metrics } from './telemetry/metrics.js';
import { logRequests } from './telemetry/request-log.js';
import { type CountedOutcome, Totals } from './telemetry/totals.js';

interface QueueOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** The most prompt tokens of all waiting requests together; null for any number. */
  readonly maxQueuedTokens: number | null;
  readonly policy: QueuePolicy;
  /** After how long a waiting request rises by a class, in milliseconds. */
  readonly classPatienceMs: number;
}

export interface ServeOptions {
  readonly engine: EngineOptions;
  readonly queue: QueueOptions;
  /** The keys of the configuration file, besides those of `server.apiKeys`; null without such a file. */
  readonly keys: readonly KeySettings[] | null;
  readonly server: ServerOptions;
  /** This package's version, for /openapi.json. */
  readonly version: string;
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

/** When the time for a drain is up, clients still get this long to read the error. */
const farewellMs = 1000;

/**
 * Starts the whole server. It listens first, so that health checks are answered while the model loads.
 *
 * @param stopping aborts the start while the model is still being loaded, which can take minutes; its reason is thrown
 * @throws ChatstreamError `address_unavailable`, `usage` if the file of --store cannot be used, or the engine's error about the model; nothing is left running then
 */
export async function serve(options: ServeOptions, logger: PinoLogger, stopping?: AbortSignal): Promise<RunningServer> {
  const clock = systemClock;
  const storage = await openStorage(options.server, clock, logger);
  const engine = superviseEngine({
    engine: options.engine,
    log: ({ role, stream, text }) => {
      logger.debug({ stream }, `${role}: ${text}`);
    },
  });
  for (const supervised of engine.processes) logHealth(supervised, logger);
  engine.rounds(({ device }) => {
    if (device !== undefined) logger.info({ device }, `compute threads were changed: ${device}`);
  });
  const keys = new KeyRing(allKeys(options, options.keys ?? []));
  const rates = new RateLimiter(clock, ratesOf(keys));
  const inference = new Inference(
    engine,
    { ...schedulerOptions(options, keys), slots: options.engine.slots, rates },
    clock,
  );
  const totals = new Totals(inference.events);
  const metrics = new Metrics(inference, engine);
  const usage = new KeyUsage(inference.events, options.server.usageRetentionMs);
  logRequests(inference, logger);
  const connectionLimits = connectionLimitsOfProcess();
  const announcer = new QueueAnnouncer(inference, clock);
  const { server, version } = options;
  const context = {
    inference,
    announcer,
    totals,
    metrics,
    usage,
    options: server,
    keys,
    rates,
    clock,
    connectionLimits,
    storage,
    version,
  };
  const app = await createApp(context, logger);
  try {
    const url = await listen(app, options.server);
    logger.info({ url }, 'listening: the model is still loading');
    const info = await (stopping === undefined ? engine.start() : untilAborted(engine.start(), stopping));
    return {
      url,
      info,
      totals: totals.counts,
      replaceKeys: (changed) => {
        keys.replace(allKeys(options, changed));
        inference.configureKeys(termsOf(keys));
        rates.configure(ratesOf(keys));
      },
      drain: async (timeoutMs) => {
        const endMs = clock.now() + timeoutMs;
        const abandoned = await drainWithin(inference, timeoutMs);
        // Slow readers get the rest of the time to read their answers.
        const cancelTimer = clock.schedule(Math.max(endMs - clock.now(), farewellMs), () => {
          app.server.closeAllConnections();
        });
        await app.close();
        cancelTimer();
        await storage.close();
        await engine.stop();
        return abandoned;
      },
    };
  } catch (error) {
    // The engine first: requests that wait for it would keep the server from closing.
    await engine.stop();
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

function allKeys({ server }: ServeOptions, keys: readonly KeySettings[]): readonly KeySettings[] {
  return [...apiKeySettings(server.apiKeys), ...keys];
}

/** Where a key can make no difference, the queue is the plain one, which costs less. */
function schedulerOptions({ queue, keys: configured }: ServeOptions, keys: KeyRing): SchedulerOptions {
  const { policy, classPatienceMs, ...limits } = queue;
  if (policy === 'fifo' && configured === null) return limits;
  return { ...limits, fair: { policy, classPatienceMs, terms: termsOf(keys) } };
}

function termsOf({ keys }: KeyRing): ReadonlyMap<string, KeyTerms> {
  return new Map(keys.map(({ name, terms }) => [name, terms]));
}

function ratesOf({ keys }: KeyRing): ReadonlyMap<string, RateLimits> {
  return new Map(keys.map(({ name, rates }) => [name, rates]));
}

/** Waits for the running generations, and ends those that are not done by the deadline. */
async function drainWithin(inference: Inference, timeoutMs: number): Promise<number> {
  let abandoned = 0;
  // Unlike the clock's timers, this one must keep the process alive, because the process waits for it.
  const deadline = setTimeout(
    () => {
      abandoned = inference.abandonRunning();
    },
    Math.min(timeoutMs, longestTimerMs),
  );
  await inference.drain();
  clearTimeout(deadline);
  return abandoned;
}

function logHealth(supervised: SupervisedProcess, logger: PinoLogger): void {
  const isEngine = supervised.role === 'engine';
  const name = isEngine ? 'engine' : processNames[supervised.role];
  let wasReady = false;
  supervised.hangs(({ pid, reason }) => {
    logger.error({ pid, reason }, `${name} hangs and is killed`);
  });
  supervised.states((state) => {
    switch (state.status) {
      case 'ready': {
        const model = isEngine ? { model: state.info.modelId, device: state.info.device } : {};
        // One line about a start is enough; both lines are needed to follow restarts.
        logger[isEngine || wasReady ? 'info' : 'debug']({ pid: supervised.pid, ...model }, `${name} ready`);
        wasReady = true;
        return;
      }
      case 'restarting':
        logger.warn({ attempt: state.attempt, reason: state.reason }, `${name} died and is being restarted`);
        return;
      case 'failed':
        // If the first start fails, the command ends and reports the reason itself.
        if (!wasReady) return;
        logger.error({ reason: state.reason }, `${name} is down: requests are refused until it can be started again`);
        return;
      case 'starting':
      case 'stopped':
        return;
    }
  });
}
