import type { LoadJob } from '../load/job/load-job.js';
import { reportedStages } from '../plan/stages.js';
import type { RunContext } from '../result/assemble-run.js';
import { fillingOf, isSteady } from './filling.js';

type PlannedFacts = Pick<RunContext, 'hasObjectives' | 'loadShape' | 'isSteady' | 'filling' | 'stages' | 'tenants'>;

/** What the plan of a run says about its figures. */
export function plannedFacts(job: LoadJob): PlannedFacts {
  const { shape, leaving, probes, objectives, tenants = [] } = job;
  const maxInFlight = shape.type === 'open' && shape.maxInFlight !== undefined;
  return {
    hasObjectives: objectives.length > 0,
    loadShape: { maxInFlight, cancel: leaving !== undefined, probes: probes !== undefined },
    isSteady: isSteady(shape),
    filling: fillingOf(job),
    ...(shape.type === 'open' && shape.stages !== undefined ? { stages: reportedStages(shape.stages) } : {}),
    tenants: tenants.map(({ tenant }) => tenant),
  };
}
