import type { ServingEngine } from '../engine/engine.js';

/** Calls back whenever the engine process is started again. */
export function onEngineRestart(engine: ServingEngine, callback: () => void): void {
  let givenUp = false;
  engine.states(({ status }) => {
    // After the supervisor has given up, it retries silently and reports only a success.
    if (status === 'restarting' || (givenUp && status === 'ready')) callback();
    givenUp = status === 'failed';
  });
}
