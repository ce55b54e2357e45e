import type { Subscribable } from '../../base/emitter.js';
import type { EngineState, ServingEngine } from '../engine.js';
import type { ProcessRole } from '../process-role.js';

/** A process that was killed because it was alive but had stopped working. */
export interface EngineHang {
  readonly pid: number | null;
  readonly reason: string;
}

/** A process of an engine, for logs. It has a state of its own: one process may restart while another one works. */
export interface SupervisedProcess {
  readonly role: ProcessRole;
  /** The name of its engine, where several serve one line. */
  readonly executor?: string;
  /** The operating system's number of the current process; null while there is none. */
  readonly pid: number | null;
  readonly states: Subscribable<EngineState>;
  /** Emitted when the process is killed because it hangs; `states` reports what happens next. */
  readonly hangs: Subscribable<EngineHang>;
}

/** An engine in one or more processes of its own that are restarted after a crash. */
export interface SupervisedEngine extends ServingEngine {
  /** The one that generates comes first. */
  readonly processes: readonly [SupervisedProcess, ...SupervisedProcess[]];
}
