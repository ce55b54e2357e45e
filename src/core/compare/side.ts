import type { BenchResult, EndedEarly, Machine, Plan, Run, TargetDescription } from '../measurement/result-schema.js';
import { stoppedByUser } from '../measurement/validity/ended-early.js';

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
  /** The source; with `--versus`, the same for both. Absent if only its figures are known. */
  readonly result?: ComparableResult;
  /** Why it was not measured as planned; null if it was. */
  readonly endedEarly: Pick<EndedEarly, 'cause' | 'message'> | null;
}

export interface Sides {
  readonly baseline: Side;
  readonly candidate: Side;
  /** Both were measured alternately in one run. */
  readonly interleaved: boolean;
}

/** The parts of a result that a comparison reads; it need not be finished. */
export type ComparableResult = Pick<
  BenchResult,
  | 'target'
  | 'runs'
  | 'plan'
  | 'machine'
  | 'tool'
  | 'started_at'
  | 'interrupted'
  | 'ended_early'
  | 'versus'
  | 'command'
  | 'find_max'
>;

/** Two results. In a result of `--versus`, the first server counts. */
export function separateSides(
  baseline: { readonly name: string; readonly result: ComparableResult },
  candidate: { readonly name: string; readonly result: ComparableResult },
): Sides {
  return {
    baseline: sideOf(baseline.name, baseline.result),
    candidate: sideOf(candidate.name, candidate.result),
    interleaved: false,
  };
}

/** Both servers of one `bench --versus`; null if the result has only one. */
export function interleavedSides(name: string, result: ComparableResult): Sides | null {
  if (result.versus === undefined) return null;
  const candidate = sideOf(name, result);
  const baseline = { ...candidate, ...result.versus };
  const { ended_early: ended } = result;
  // Both ended when one of the servers was lost, but only that one is to blame.
  const own = ended === undefined || ended.server === 'baseline' ? ended : ({ ...ended, cause: 'stopped' } as const);
  return { baseline: { ...baseline, endedEarly: own ?? baseline.endedEarly }, candidate, interleaved: true };
}

function sideOf(name: string, result: ComparableResult): Side {
  const { target, runs, plan, machine } = result;
  return {
    name,
    target,
    runs,
    plan,
    machine,
    result,
    endedEarly: endOf(result),
    toolVersion: result.tool.version,
    startedAt: result.started_at,
  };
}

/** Results of older versions only say whether they were interrupted. */
function endOf({ ended_early: ended, interrupted }: ComparableResult): Side['endedEarly'] {
  // The loss of the other server does not count against this one.
  if (ended?.server === 'baseline') return { ...ended, cause: 'stopped' };
  if (ended !== undefined) return ended;
  return interrupted ? stoppedByUser : null;
}
