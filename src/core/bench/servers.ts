import type { Trust } from './client/transport.js';
import type { BenchOptions } from './plan/options.js';
import { openReadyTarget } from './target/ready-target.js';
import type { Target, TargetHooks } from './target/target.js';

/** The servers that are measured. */
export interface Servers {
  readonly target: Target;
  /** That of `--versus`; null if there is none. */
  readonly versus: Target | null;
}

/**
 * Reaches or starts the servers, and identifies them.
 *
 * @throws ChatstreamError `target_unreachable`, or the signal's reason; then nothing is left running
 */
export async function openServers(options: BenchOptions, trust: Trust, hooks: TargetHooks): Promise<Servers> {
  const target = await openReadyTarget(options.target, options, trust, hooks);
  if (options.versus === null) return { target, versus: null };
  try {
    return { target, versus: await openReadyTarget({ type: 'url', url: options.versus }, options, trust, hooks) };
  } catch (error) {
    await target.close();
    throw error;
  }
}

/** Leaves the servers as they were found. @returns what could not be restored, as sentences */
export async function closeServers(servers: Servers): Promise<readonly string[]> {
  const unrestored: string[] = [];
  for (const server of allOf(servers)) {
    const problem = await server.close();
    if (problem !== null) unrestored.push(problem);
  }
  return unrestored;
}

/** The candidate first. */
export function allOf({ target, versus }: Servers): readonly Target[] {
  return versus === null ? [target] : [target, versus];
}
