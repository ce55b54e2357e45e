import { type Clock, systemClock } from '../../base/clock.js';
import { EnginePair } from './engine-pair.js';
import { EngineProcess, type EngineProcessOptions } from './engine-process.js';
import { type HangLimits, hangLimitsOf, promptHangLimits } from './hang-watch.js';
import type { ProcessRole } from './process-role.js';
import type { SupervisedEngine } from './supervised-engine.js';
import { Supervisor } from './supervisor.js';

export interface SuperviseOptions extends Omit<EngineProcessOptions, 'role'> {
  /** Of the process that generates; by default {@link hangLimitsOf} the engine. */
  readonly hangLimits?: HangLimits;
}

/**
 * Runs an engine in processes of its own, which are restarted when they die or hang: one that generates and, for a model,
 * one that prepares prompts. The mock engine is one process.
 */
export function superviseEngine(options: SuperviseOptions, clock: Clock = systemClock): SupervisedEngine {
  const { hangLimits = hangLimitsOf(options.engine), ...processOptions } = options;
  const launch = (role: ProcessRole) => (): EngineProcess => new EngineProcess({ ...processOptions, role });
  const engine = new Supervisor({ role: 'engine', launch: launch('engine'), hangLimits, tenacity: 'gives_up' }, clock);
  if (options.engine.engine === 'mock') return engine;
  const prompts = new Supervisor(
    // Its model is loaded within a second or two, and what kills it is a request: others should not have to suffer.
    { role: 'prompts', launch: launch('prompts'), hangLimits: promptHangLimits, tenacity: 'never_gives_up' },
    clock,
  );
  return new EnginePair(engine, prompts);
}
