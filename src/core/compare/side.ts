import type { BenchResult, Machine, Plan, Run, TargetDescription } from '../measurement/result-schema.js';

/** One of the two sides of a comparison: a server and its measurements. */
export interface Side {
  /** The file, or another name for messages. */
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
  /** Both were measured alternately in one run. */
  readonly interleaved: boolean;
}

/** Two results. In a result of `--versus`, the first server counts. */
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

/** Both servers of one `bench --versus`; null if the result has only one. */
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
