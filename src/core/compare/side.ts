import type { BenchResult, Machine, Plan, Run, TargetDescription } from '../measurement/result-schema.js';

/** One of the two that are compared: a server, and what was measured of it. */
export interface Side {
  /** The file, or what else a message should call it. */
  readonly name: string;
  readonly target: TargetDescription;
  readonly runs: readonly Run[];
  readonly plan: Plan;
  readonly machine: Machine;
  readonly toolVersion: string;
  readonly startedAt: string;
  readonly interrupted: boolean;
}

export interface Sides {
  readonly baseline: Side;
  readonly candidate: Side;
  /** Both were measured in one run, turn by turn. */
  readonly interleaved: boolean;
}

/** Two results. Of one with `--versus`, it is the first server that counts. */
export function separateSides(
  baseline: { readonly name: string; readonly result: BenchResult },
  candidate: { readonly name: string; readonly result: BenchResult },
): Sides {
  return {
    baseline: sideOf(baseline.name, baseline.result),
    candidate: sideOf(candidate.name, candidate.result),
    interleaved: false,
  };
}

/** Both servers of one `bench --versus`; null if there was only one. */
export function interleavedSides(name: string, result: BenchResult): Sides | null {
  if (result.versus === undefined) return null;
  const candidate = sideOf(name, result);
  return { baseline: { ...candidate, ...result.versus }, candidate, interleaved: true };
}

function sideOf(name: string, result: BenchResult): Side {
  const { target, runs, plan, machine, interrupted } = result;
  return {
    name,
    target,
    runs,
    plan,
    machine,
    interrupted,
    toolVersion: result.tool.version,
    startedAt: result.started_at,
  };
}
