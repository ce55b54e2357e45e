import type { Logger as PinoLogger } from 'pino';
import type { Clock } from '../base/clock.js';
import type { EngineInfo, ServingEngine } from '../engine/engine.js';
import type { EngineOptions } from '../engine/options.js';
import type { Replication } from '../executor/replicas/replication.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import { Inference, type InferenceOptions } from '../inference/service/inference.js';
import { OneModel } from '../inference/service/one-model.js';
import type { ServedModels } from '../inference/service/served-model.js';
import { loggedLine } from './logged-line.js';

/** The generating part of this server: one model, or several. */
export interface LocalModels {
  readonly line: RequestLine;
  readonly models: ServedModels;
  readonly engines: readonly ServingEngine[];
  /** The processes of the existing engines. */
  readonly pids: () => readonly number[];
  /** Loads what is loaded at the start. @returns the loaded models, at least one */
  start(): Promise<readonly [EngineInfo, ...EngineInfo[]]>;
  stop(): Promise<void>;
}

/** One model, which is loaded at the start and stays. */
export function oneModel(
  options: EngineOptions,
  replication: Replication | null,
  queue: InferenceOptions,
  aliases: readonly string[],
  { clock, logger }: { readonly clock: Clock; readonly logger: PinoLogger },
): LocalModels {
  const { engine, replicas } = loggedLine(options, replication, logger);
  const line = new Inference(engine, { ...queue, replicas }, clock);
  return {
    line,
    models: new OneModel(line, aliases),
    engines: [engine],
    pids: () => engine.processes.flatMap(({ pid }) => pid ?? []),
    start: async () => [await engine.start()],
    stop: () => engine.stop(),
  };
}
