import type { ChildProcess } from 'node:child_process';

/**
 * Sends a signal to a child process, if it was created and has not ended.
 *
 * For a child that could not be created, because there is no such program or no descriptor left, `kill` of Node.js 20
 * and 22 signals whatever number is in its memory: mostly no process, but 0 means this process and all others in its
 * process group.
 */
export function signalChild(child: Pick<ChildProcess, 'pid' | 'kill'>, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) child.kill(signal);
}
