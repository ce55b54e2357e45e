import type { ChildProcess } from 'node:child_process';
import { systemClock } from '../../base/clock.js';
import type { EngineExit } from './engine-exit.js';

/**
 * After the exit, what the process had written is still on its way. All of it has arrived at `close`, which a
 * grandchild that inherited the pipes can put off for as long as it lives.
 */
const lastMessagesMs = 250;

/** Resolves when the process has ended and its last messages were read. Never rejects. */
export function endOf(child: ChildProcess): Promise<Omit<EngineExit, 'lastLines'>> {
  return new Promise((resolve) => {
    // Other errors (a kill that came too late) change nothing: the exit tells.
    child.on('error', (spawnError) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, spawnError });
    });
    child.once('exit', (code, signal) => {
      const end = { code, signal, spawnError: null };
      const cancelTimer = systemClock.schedule(lastMessagesMs, () => {
        resolve(end);
      });
      child.once('close', () => {
        cancelTimer();
        resolve(end);
      });
    });
  });
}
