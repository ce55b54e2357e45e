import type { Engine } from '../engine.js';
import type { EngineExit } from './engine-exit.js';

/** What the supervisor needs to know of an engine process. */
export interface EngineChild extends Engine {
  /** Of the operating system; null if it could not be spawned. */
  readonly pid: number | null;
  /** False from the moment its end was noticed, before any call rejects for it. */
  readonly alive: boolean;
  /** Resolves when the process has ended, for whatever reason, and all that it said has been heard. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** How many messages have come from it so far: as long as this grows, its event loop turns. */
  readonly messages: number;
  /** Ends it at once. */
  kill(): void;
}
