import type { InferenceJob } from '../../inference/queue/inference-job.js';
import type { WaitingView, WaitReason } from '../../scheduler/jobs/job.js';
import type { Registration, Turn } from '../messages.js';
import { prefixesOf } from '../prefixes.js';

/** Where a request may run. */
export interface Grant {
  readonly node: string;
  readonly lease: number;
}

/** A request of this front, from its registration to its end. */
export interface Held {
  readonly job: InferenceJob;
  readonly prefixes: readonly string[];
  grant: Grant | null;
  /** As reported by the line; the next holder is told. */
  turn: Turn | null;
  standing: { readonly view: WaitingView; readonly waitsFor: WaitReason } | null;
  isDecided: boolean;
  /** Whether its first token should come within `--ttft-target`. */
  keepsToTarget: boolean;
  readonly decided: Promise<void>;
  readonly decide: () => void;
  /** Output tokens that have not been reported to the line. */
  tokens: number;
  cached: number | null;
}

/** A request that the line does not know about. */
export function newHeld(job: InferenceJob): Held {
  let decide = (): void => undefined;
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  return {
    ...{
      job,
      prefixes: prefixesOf(job.prompt),
      grant: null,
      turn: null,
      standing: null,
      isDecided: false,
      decided,
      decide,
    },
    ...{ keepsToTarget: false, tokens: 0, cached: null },
  };
}

/** The request as it is reported to the line. */
export function registrationOf({ job, prefixes, grant, keepsToTarget, turn }: Held, nowMs: number): Registration {
  return {
    ...{ id: job.id, demand: job.demand, prefixes: [...prefixes], waitedMs: nowMs - job.admittedMs },
    deadlineMs: job.deadlineMs === null ? null : job.deadlineMs - nowMs,
    node: grant?.node ?? null,
    isHomeless: job.status === 'running' && grant === null,
    keepsToTarget,
    turn,
  };
}
