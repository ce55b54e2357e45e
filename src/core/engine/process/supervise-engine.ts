import { type Clock, systemClock } from '../../base/clock.js';
import { DeviceFallback } from './device-fallback.js';
import { EnginePair } from './engine-pair.js';
import { EngineProcess, type EngineProcessOptions } from './engine-process.js';
import { type HangLimits, hangLimitsOf, promptHangLimits } from './hang-watch.js';
import type { SupervisedEngine } from './supervised-engine.js';
import { Supervisor } from './supervisor.js';

export interface SuperviseOptions extends Omit<EngineProcessOptions, 'role'> {
  /** Of the process that generates; by default {@link hangLimitsOf} the engine. */
  readonly hangLimits?: HangLimits;
  /** The name of the engine, where several serve one line. */
  readonly executor?: string;
}

/**
 * Runs an engine in processes of its own, which are restarted when they die or hang: one that generates and, for a model,
 * one that prepares prompts. The mock engine is one process.
 */
export function superviseEngine(options: SuperviseOptions, clock: Clock = systemClock): SupervisedEngine {
  return withPromptProcess(superviseGenerating(options, clock), options, clock);
}

/** Only the process that generates. */
export function superviseGenerating(options: SuperviseOptions, clock: Clock): SupervisedEngine {
  const { hangLimits = hangLimitsOf(options.engine), executor } = options;
  const fallback = new DeviceFallback(options.engine);
  const launch = (): EngineProcess => new EngineProcess({ ...options, engine: fallback.options, role: 'engine' });
  return new Supervisor({ role: 'engine', executor, launch, fallback, hangLimits, tenacity: 'gives_up' }, clock);
}

/** With a process that prepares prompts, where the engine needs one. */
export function withPromptProcess(engine: SupervisedEngine, options: SuperviseOptions, clock: Clock): SupervisedEngine {
  if (options.engine.engine === 'mock') return engine;
  const launch = (): EngineProcess => new EngineProcess({ ...options, role: 'prompts' });
  const prompts = new Supervisor(
    // Its model is loaded within a second or two, and the cause of its death is a request, from which others should not
    // suffer.
    { role: 'prompts', launch, hangLimits: promptHangLimits, tenacity: 'never_gives_up' },
    clock,
  );
  return new EnginePair(engine, prompts);
}
