import type { LoadJob } from '../load/job/load-job.js';
import { reportedStages } from '../plan/stages.js';
import type { RunContext } from '../result/assemble-run.js';
import { fillingOf, isSteady } from './filling.js';

type PlannedFacts = Pick<
  RunContext,
  'hasObjectives' | 'loadShape' | 'plannedSeconds' | 'isSteady' | 'filling' | 'stages' | 'tenants'
>;

/**
 * What the plan of a run says about its figures.
 *
 * @param elapsedMs how long it took with its warm-up: less than planned if it was ended before its time
 */
export function plannedFacts(job: LoadJob, elapsedMs: number): PlannedFacts {
  const { shape, leaving, probes, objectives, warmupMs, durationMs, tenants = [] } = job;
  const maxInFlight = shape.type === 'open' && shape.maxInFlight !== undefined;
  return {
    hasObjectives: objectives.length > 0,
    loadShape: { maxInFlight, cancel: leaving !== undefined, probes: probes !== undefined },
    ...(shape.type === 'open' && durationMs !== null
      ? { plannedSeconds: Math.min(durationMs, Math.max(0, elapsedMs - warmupMs)) / 1000 }
      : {}),
    isSteady: isSteady(shape),
    filling: fillingOf(job),
    ...(shape.type === 'open' && shape.stages !== undefined ? { stages: reportedStages(shape.stages) } : {}),
    tenants: tenants.map(({ tenant }) => tenant),
  };
}
