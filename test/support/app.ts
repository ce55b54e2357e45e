import type { LightMyRequestResponse } from 'fastify';
import { type Logger as PinoLogger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { apiKeySettings, type KeySettings } from '../../src/core/config/key-settings.js';
import type { ServingEngine } from '../../src/core/engine/engine.js';
import { createMockEngine } from '../../src/core/engine/mock/mock-engine.js';
import type { MockEngineOptions } from '../../src/core/engine/options.js';
import { Inference } from '../../src/core/inference/service/inference.js';
import { OneModel } from '../../src/core/inference/service/one-model.js';
import type { MeteredMachine, Resources } from '../../src/core/machine/machine.js';
import { RateLimiter } from '../../src/core/scheduler/rate-limits/rate-limiter.js';
import type { SchedulerOptions } from '../../src/core/scheduler/scheduler.js';
import { lineContext } from '../../src/core/serve/line-context.js';
import { type HostProcess, operationsOf, ratesOf } from '../../src/core/serve/serving.js';
import { createApp } from '../../src/core/server/app.js';
import type { ConnectionLimits } from '../../src/core/server/http/connections/connection-limits.js';
import type { App, ServerOptions } from '../../src/core/server/http/context.js';
import { KeyRing } from '../../src/core/server/http/keys/key-ring.js';
import { memoryStorage } from '../../src/core/server/store/memory-store.js';
import type { Storage } from '../../src/core/server/store/store.js';
import { inProcess } from './in-process.js';
import { VirtualClock } from './virtual-clock.js';

export interface TestAppOptions {
  readonly engine?: Partial<MockEngineOptions>;
  readonly queue?: Partial<SchedulerOptions>;
  readonly server?: Partial<ServerOptions>;
  /** Besides `server.apiKeys`. */
  readonly keys?: readonly KeySettings[];
  /** For requests without a key. */
  readonly anonymous?: KeySettings;
  readonly connections?: Partial<ConnectionLimits>;
  /** For all request bodies together; unlimited if left out. */
  readonly bodyMemoryBytes?: number;
  /** Instead of memory. */
  readonly storage?: Storage;
  /** Instead of a mock engine: any other, in the app's own virtual time. */
  readonly makeEngine?: (clock: VirtualClock) => ServingEngine;
  /** What the process of the server does for it. Default: nothing. */
  readonly host?: HostProcess;
  /** Answers before the model is loaded. Default: it has been loaded. */
  readonly unloaded?: boolean;
}

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly msg: string;
}

/** The whole server, engine included, in one process and in virtual time. */
export interface TestApp {
  readonly app: App;
  readonly clock: VirtualClock;
  readonly engine: ServingEngine;
  readonly inference: Inference;
  /** Every line that was logged. */
  readonly log: readonly LogLine[];
  readonly get: (url: string, headers?: Headers) => Promise<LightMyRequestResponse>;
  /** Sends JSON, and lets virtual time fly until it is answered. */
  readonly post: (url: string, body: object | string, headers?: Headers) => Promise<LightMyRequestResponse>;
  /** The same, and time stands still. */
  readonly ask: (url: string, body: object | string, headers?: Headers) => Promise<LightMyRequestResponse>;
  /** Lets virtual time fly until the promise settles. */
  readonly flyUntil: <T>(promise: Promise<T>) => Promise<T>;
  /** Accepts these keys from now on. */
  readonly replaceKeys: (keys: readonly KeySettings[]) => void;
  readonly close: () => Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

/** Timers of a server that has nothing to do: that of its history. */
export const idleTimers = 1;

export const queueDefaults: SchedulerOptions = { maxConcurrency: 4, maxQueue: 64, queueTimeoutMs: 60_000 };

export const engineDefaults: MockEngineOptions = {
  engine: 'mock',
  slots: 4,
  context: 'auto',
  prefillMs: 20,
  tokenMs: 10,
  reply: 'round',
};

export const serverDefaults: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  defaultMaxTokens: 512,
  aliases: [],
  apiKeys: [],
  corsOrigins: [],
  trustedProxies: [],
  maxBodyBytes: 1_048_576,
  writeTimeoutMs: 30_000,
  storeTtlMs: 86_400_000,
  storePath: null,
  consolePath: null,
  usageRetentionMs: 604_800_000,
};

/** Of the machine that the server believes to run on. */
const testResources: Resources = {
  ...{ cores: 4, cpu: 0.5, processCpu: 0.25 },
  ...{ totalBytes: 8_000_000_000, usedBytes: 3_000_000_000, processBytes: 400_000_000 },
  gpus: [{ name: 'Test GPU', used: null, memoryUsedBytes: 1_000_000, memoryTotalBytes: 2_000_000 }],
};

export const testMachine: MeteredMachine = {
  read: (withGpus) => Promise.resolve({ ...testResources, gpus: withGpus ? testResources.gpus : [] }),
  stop: () => undefined,
};

/** A server for one test. It is closed when the test ends. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const made = await createTestApp(options);
  onTestFinished(made.close);
  return made;
}

/** A server that several tests share, because making one takes a tenth of a second. The caller closes it. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const clock = new VirtualClock();
  const engineOptions = { ...engineDefaults, ...options.engine };
  const engine = options.makeEngine?.(clock) ?? inProcess(createMockEngine(engineOptions, clock));
  const server = { ...serverDefaults, ...options.server };
  const keys = new KeyRing([...apiKeySettings(server.apiKeys), ...(options.keys ?? [])], options.anonymous);
  const rates = new RateLimiter(clock, ratesOf(keys));
  const queue = { ...queueDefaults, ...options.queue, slots: engineOptions.slots, rates };
  const inference = new Inference(engine, queue, clock);
  const { logger, lines } = collectingLogger();
  const connectionLimits = { most: 1000, mostIdle: 1000, beyond: 10, ...options.connections };
  const storage = options.storage ?? memoryStorage(server.storeTtlMs, clock);
  const parts = {
    line: inference,
    engines: [engine],
    machine: testMachine,
    options: server,
    keys,
    rates,
    clock,
    connectionLimits,
    bodyMemoryBytes: options.bodyMemoryBytes ?? Infinity,
    operations: operationsOf(options.host, keys),
    version: '1.2.3',
  };
  const app = await createApp(
    { ...lineContext(parts, logger), models: new OneModel(inference, server.aliases), storage },
    logger,
  );
  if (options.unloaded !== true) await engine.start();

  const ask = (url: string, body: object | string, headers: Headers = {}): Promise<LightMyRequestResponse> =>
    app.inject({ method: 'POST', url, payload: body, headers: { 'content-type': 'application/json', ...headers } });

  async function flyUntil<T>(promise: Promise<T>): Promise<T> {
    const pending = new Set([promise]);
    const settle = (): void => {
      pending.clear();
    };
    promise.then(settle, settle);
    while (pending.size > 0) await clock.advanceAsync(5);
    return promise;
  }

  return {
    app,
    clock,
    engine,
    inference,
    log: lines,
    get: (url, headers = {}) => app.inject({ method: 'GET', url, headers }),
    post: (url, body, headers) => flyUntil(ask(url, body, headers)),
    ask,
    flyUntil,
    replaceKeys: (changed) => {
      keys.replace(new KeyRing(changed));
    },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

export function collectingLogger(): { readonly logger: PinoLogger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const options = { level: 'debug', base: null, formatters: { level: (label: string) => ({ level: label }) } };
  const logger = pino(options, {
    write: (line: string) => {
      lines.push(readLine(line));
    },
  });
  return { logger, lines };
}

function readLine(line: string): LogLine {
  const fields: unknown = JSON.parse(line);
  if (typeof fields !== 'object' || fields === null) throw new Error(`Not a line of the log: ${line}`);
  const { level, msg, ...rest } = Object.fromEntries(Object.entries(fields));
  if (typeof level !== 'string' || typeof msg !== 'string') throw new Error(`A line without level or text: ${line}`);
  return { ...rest, level, msg };
}

/** Gives the event loop its turns until `condition` holds. Throws after twenty seconds. */
export async function until(condition: () => boolean, what = 'it'): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Waited twenty seconds in vain for ${what}.`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A chat with one message of the user. */
export function chat(content: string, more: object = {}): object {
  return { messages: [{ role: 'user', content }], ...more };
}
