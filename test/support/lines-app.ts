import type { LightMyRequestResponse } from 'fastify';
import { onTestFinished } from 'vitest';
import { Emitter } from '../../src/core/base/emitter.js';
import { ChatstreamError } from '../../src/core/base/errors.js';
import type { KeySettings } from '../../src/core/config/key-settings.js';
import type { Engine, EngineState } from '../../src/core/engine/engine.js';
import { createMockEngine } from '../../src/core/engine/mock/mock-engine.js';
import type { MockEngineOptions } from '../../src/core/engine/options.js';
import type { EngineHang, SupervisedProcess } from '../../src/core/engine/process/supervised-engine.js';
import { shareOf } from '../../src/core/engine/share-of.js';
import { Replica } from '../../src/core/executor/replicas/replica.js';
import { ReplicaSet } from '../../src/core/executor/replicas/replica-set.js';
import { ModelLines, type ModelLinesOptions } from '../../src/core/lines/model-lines.js';
import type { LoadedEngine } from '../../src/core/lines/on-demand-engine.js';
import { RateLimiter } from '../../src/core/scheduler/rate-limits/rate-limiter.js';
import { lineContext } from '../../src/core/serve/line-context.js';
import { type HostProcess, operationsOf } from '../../src/core/serve/serving.js';
import { createApp } from '../../src/core/server/app.js';
import type { App } from '../../src/core/server/http/context.js';
import { KeyRing } from '../../src/core/server/http/keys/key-ring.js';
import { memoryStorage } from '../../src/core/server/store/memory-store.js';
import { collectingLogger, engineDefaults, type LogLine, queueDefaults, serverDefaults, testMachine } from './app.js';
import { inProcess } from './in-process.js';
import { VirtualClock } from './virtual-clock.js';

type Headers = Readonly<Record<string, string>>;

/** A server with several models, in one process and in virtual time. */
export interface LinesApp {
  readonly app: App;
  readonly clock: VirtualClock;
  readonly lines: ModelLines;
  readonly log: readonly LogLine[];
  /** The models that cannot be loaded. */
  readonly broken: Set<string>;
  readonly get: (url: string) => Promise<LightMyRequestResponse>;
  readonly send: (method: 'POST' | 'PATCH', url: string, body: object) => Promise<LightMyRequestResponse>;
  /** Sends JSON, and lets virtual time fly until it is answered. */
  readonly post: (url: string, body: object, headers?: Headers) => Promise<LightMyRequestResponse>;
}

export interface LinesAppOptions extends Partial<ModelLinesOptions> {
  readonly models: readonly string[];
  readonly engine?: Partial<MockEngineOptions>;
  /** By default, no key is needed. */
  readonly keys?: readonly KeySettings[];
  /** What operators can do with its process; nothing by default. */
  readonly host?: HostProcess;
  /** Engines of each model; 1 by default. */
  readonly enginesEach?: number;
}

/** How long a model takes to load here, in virtual milliseconds. */
export const loadMs = 5000;

/** Its first models are loaded. */
export async function linesApp({
  models,
  engine = {},
  enginesEach = 1,
  keys = [],
  host,
  ...options
}: LinesAppOptions): Promise<LinesApp> {
  const clock = new VirtualClock();
  const broken = new Set<string>();
  const mock = { ...engineDefaults, ...engine };
  const rates = new RateLimiter(clock, new Map());
  const lines = new ModelLines(
    models.map((name) => ({
      name,
      root: name,
      fileBytes: 0,
      forecastBytes: () => 1,
      isReplicated: enginesEach > 1,
      createEngine: () => {
        const isBroken = (): boolean => broken.has(name);
        if (enginesEach > 1) return replicatedMock(name, mock, { count: enginesEach, clock, isBroken });
        return { engine: inProcess(slowToLoad(createMockEngine(mock, clock), clock, isBroken)), replicas: null };
      },
    })),
    {
      ...queueDefaults,
      ...{ slots: mock.slots, rates, aliases: [], maxLoaded: models.length, idleUnloadMs: 0, memoryBytes: Infinity },
      ...options,
    },
    clock,
  );
  const { logger, lines: log } = collectingLogger();
  const server = {
    ...serverDefaults,
    // Injected requests have no sockets that could time out.
    writeTimeoutMs: 0,
    aliases: options.aliases ?? [],
    ...(host !== undefined && { consolePath: '/nowhere' }),
  };
  const ring = new KeyRing(keys);
  const parts = {
    ...{ line: lines, engines: lines.lines.map((line) => line.engine), machine: testMachine, options: server },
    ...{ keys: ring, rates, clock, version: '1.2.3', operations: operationsOf(host, ring) },
    connectionLimits: { most: 1000, mostIdle: 1000, beyond: 10 },
    bodyMemoryBytes: Infinity,
  };
  const storage = memoryStorage(server.storeTtlMs, clock);
  const app = await createApp({ ...lineContext(parts, logger), models: lines, storage }, logger);
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const send = (
    method: 'POST' | 'PATCH',
    url: string,
    payload: object,
    headers: Headers = {},
  ): Promise<LightMyRequestResponse> => app.inject({ method, url, payload, headers });

  async function flyUntil<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    const settled = (): boolean => isSettled;
    while (!settled()) await clock.advanceAsync(5);
    return promise;
  }

  await flyUntil(lines.start());
  return {
    ...{ app, clock, lines, log, broken, send },
    get: (url) => app.inject({ method: 'GET', url }),
    post: (url, body, headers) => flyUntil(send('POST', url, body, headers)),
  };
}

const noProcess: SupervisedProcess = {
  role: 'engine',
  pid: null,
  states: new Emitter<EngineState>().subscribe,
  hangs: new Emitter<EngineHang>().subscribe,
};

/** Several engines of a model, which load as slowly as one. */
function replicatedMock(
  model: string,
  mock: MockEngineOptions,
  { count, clock, isBroken }: { count: number; clock: VirtualClock; isBroken: () => boolean },
): LoadedEngine {
  const replica = (index: number): Replica => {
    const options = { ...mock, slots: shareOf(mock.slots, index, count) };
    const engine = inProcess(slowToLoad(createMockEngine(options, clock), clock, isBroken));
    const supervised = Object.assign(engine, { processes: [noProcess] as const });
    const name = `${model}/local-${index + 1}`;
    return new Replica({ name, engine: supervised, kind: 'mock', places: options.slots, needsDevice: false });
  };
  const others = Array.from({ length: count - 1 }, (_, index) => replica(index + 1));
  const set = new ReplicaSet([replica(0), ...others]);
  return { engine: set, replicas: set };
}

/** The same engine, whose model takes {@link loadMs} to load. */
export function slowToLoad(engine: Engine, clock: VirtualClock, isBroken: () => boolean): Engine {
  return {
    rounds: engine.rounds,
    start: async () => {
      await new Promise<void>((resolve) => {
        clock.schedule(loadMs, resolve);
      });
      if (isBroken()) throw new ChatstreamError('model_unreadable', 'It is broken.');
      return engine.start();
    },
    prepare: (source, demands, signal) => engine.prepare(source, demands, signal),
    tokenize: (text, options, signal) => engine.tokenize(text, options, signal),
    detokenize: (tokens, signal) => engine.detokenize(tokens, signal),
    spell: (tokens, signal) => engine.spell(tokens, signal),
    generate: (spec) => {
      engine.generate(spec);
    },
    cancel: (id) => {
      engine.cancel(id);
    },
    stop: () => engine.stop(),
  };
}
