import type { ServingEngine } from '../engine/engine.js';

/** Calls back whenever a process of the engine is started again. */
export function onEngineRestart(engine: ServingEngine, callback: () => void): void {
  for (const { states } of engine.processes ?? [engine]) {
    let givenUp = false;
    states(({ status }) => {
      // After the supervisor has given up, it retries silently and reports only a success.
      if (status === 'restarting' || (givenUp && status === 'ready')) callback();
      givenUp = status === 'failed';
    });
  }
}
