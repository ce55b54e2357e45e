import { basename, extname } from 'node:path';
import type { Logger as PinoLogger } from 'pino';
import type { Clock } from '../base/clock.js';
import { ChatstreamError } from '../base/errors.js';
import type { EngineInfo } from '../engine/engine.js';
import type { EngineOptions, LlamaEngineOptions } from '../engine/options.js';
import type { SupervisedEngine } from '../engine/process/supervised-engine.js';
import { isOnCpu } from '../executor/replicas/combined-info.js';
import type { Replication } from '../executor/replicas/replication.js';
import type { LineEngine } from '../executor/replicas/supervise-replicas.js';
import type { InferenceOptions } from '../inference/service/inference.js';
import type { OnDemandModel } from '../lines/model-line.js';
import { type LoadEvent, ModelLines } from '../lines/model-lines.js';
import type { LocalModels } from './local-model.js';
import { loggedLine } from './logged-line.js';

/** A model and the name by which clients request it. */
export interface NamedModel {
  readonly name: string;
  readonly engine: EngineOptions;
  /** The size of its file in bytes; 0 for the mock engine. */
  readonly fileBytes: number;
  /** The main memory that it is forecast to take if it is computed there, in bytes. */
  readonly forecastBytes: number;
}

/** Models, some of which are loaded. */
export interface SeveralModels {
  /** At least one; the first is the default. */
  readonly models: readonly NamedModel[];
  /** See `LoaderOptions`. */
  readonly maxLoaded: number;
  readonly idleUnloadMs: number;
  readonly memoryBytes: number;
}

/** A line for each model, with an engine, or several if there is a replication. */
export function severalModels(
  { models, ...limits }: SeveralModels,
  replication: Replication | null,
  queue: InferenceOptions,
  aliases: readonly string[],
  { clock, logger }: { readonly clock: Clock; readonly logger: PinoLogger },
): LocalModels {
  const running = new Set<SupervisedEngine>();
  const createEngine = ({ name, engine: options }: NamedModel): LineEngine => {
    const replicated = replication === null ? null : { ...replication, model: name };
    const line = loggedLine(options, replicated, logger.child({ served_as: name }));
    const { engine } = line;
    running.add(engine);
    engine.states(({ status }) => {
      if (status === 'stopped') running.delete(engine);
    });
    return line;
  };
  const onDemand = models.map((model): OnDemandModel => {
    return {
      name: model.name,
      root: rootOf(model),
      fileBytes: model.fileBytes,
      forecastBytes: (device) => (usesMainMemory(model.engine, device) ? model.forecastBytes : 0),
      isReplicated: replication !== null,
      createEngine: () => createEngine(model),
    };
  });
  const lines = new ModelLines(onDemand, { ...queue, ...limits, aliases }, clock);
  lines.loads((event) => {
    logLoad(event, logger);
  });
  return {
    line: lines,
    models: lines,
    engines: lines.lines.map(({ engine }) => engine),
    pids: () => [...running].flatMap(({ processes }) => processes.flatMap(({ pid }) => pid ?? [])),
    start: async () => {
      await lines.start();
      return loadedOf(lines);
    },
    stop: () => lines.stop(),
  };
}

function loadedOf({ lines }: ModelLines): readonly [EngineInfo, ...EngineInfo[]] {
  const [first, ...others] = lines.flatMap(({ info }) => info ?? []);
  if (first === undefined) throw new ChatstreamError('internal', 'No model was loaded at the start.');
  return [first, ...others];
}

function rootOf({ name, engine }: NamedModel): string {
  return engine.engine === 'mock' ? name : basename(engine.modelPath, extname(engine.modelPath));
}

/** Before it was loaded, a model counts unless a GPU was demanded; after that, by the device that it was computed on. */
function usesMainMemory(engine: EngineOptions, device: string | null): boolean {
  if (engine.engine === 'mock') return false;
  return device === null ? isCpuPossible(engine) : isOnCpu(device);
}

function isCpuPossible({ gpu }: LlamaEngineOptions): boolean {
  return gpu === 'auto' || gpu === 'off';
}

function logLoad(event: LoadEvent, logger: PinoLogger): void {
  const { line } = event;
  switch (event.type) {
    case 'loaded':
      logger.info({ model: line.name, load_ms: Math.round(line.expectedLoadMs) }, 'model loaded');
      return;
    case 'unloaded':
      logger.info({ model: line.name }, 'model unloaded');
      return;
    case 'failed':
      logger.error(
        { model: line.name, code: event.error.code, error: event.error.message },
        event.isTriedAgain
          ? 'model could not be loaded beside others: it is tried again when they are unloaded'
          : 'model could not be loaded: requests for it are refused',
      );
  }
}
