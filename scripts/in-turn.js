import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs commands until one fails, with what npm puts into the path: a shell looks for programs there on every platform.
 *
 * @param {readonly string[]} commands
 * @returns {Promise<boolean>} whether none has failed
 */
export async function inTurn(commands) {
  for (const command of commands) {
    const [code] = await once(spawn(command, { shell: true, stdio: 'inherit' }), 'exit');
    if (code !== 0) return false;
  }
  return true;
}
