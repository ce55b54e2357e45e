import type { BenchResult } from '../../../measurement/result-schema.js';

/**
 * Whether the bench started the server, which then has as many slots as the bench measures. The command that repeats a
 * bench names every server that was running; results without a command do not say.
 */
export function hasOwnServer({ command }: Pick<BenchResult, 'command'>): boolean {
  return command !== undefined && !command.includes(' --url ');
}
