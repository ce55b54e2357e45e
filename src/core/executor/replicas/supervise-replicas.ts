import { type Clock, systemClock } from '../../base/clock.js';
import {
  superviseEngine,
  superviseGenerating,
  type SuperviseOptions,
  withPromptProcess,
} from '../../engine/process/supervise-engine.js';
import type { SupervisedEngine } from '../../engine/process/supervised-engine.js';
import type { Replicas } from '../executor.js';
import { Replica } from './replica.js';
import { ReplicaSet } from './replica-set.js';
import { optionsOfReplica, type Replication } from './replication.js';

/** What generates for one line. */
export interface LineEngine {
  readonly engine: SupervisedEngine;
  /** Null if it is one engine. */
  readonly replicas: Replicas | null;
}

/**
 * Runs the engine of a line: one, or several with the same model that share its work. Several have one process for prompts
 * between them.
 *
 * @param options those of all engines together
 * @param replication null for one engine
 */
export function superviseLine(
  options: SuperviseOptions,
  replication: Replication | null,
  clock: Clock = systemClock,
): LineEngine {
  const devices = replication?.variables ?? [];
  const prefix = replication?.model === undefined ? '' : `${replication.model}/`;
  const [first, ...others] = devices.map((variables, index) => {
    const name = `${prefix}local-${index + 1}`;
    const engine = optionsOfReplica(options.engine, index, devices.length);
    return new Replica({
      name,
      engine: superviseGenerating({ ...options, engine, executor: name, variables }, clock),
      kind: engine.engine,
      places: engine.slots,
      needsDevice: replication?.needsDevice ?? false,
    });
  });
  if (first === undefined) return { engine: superviseEngine(options, clock), replicas: null };
  const replicas = new ReplicaSet([first, ...others]);
  return { engine: withPromptProcess(replicas, options, clock), replicas };
}
