import { meanThinkMs } from '../../measurement/workload/think-time.js';
import type { LoadJob, LoadShape } from '../load/job/load-job.js';
import type { Filling } from '../result/overload.js';
import { meanTurns, type WorkloadSpec } from '../workload/workload.js';

/** What an open loop fills up with. With several tenants, the longest conversations count. */
export function fillingOf({ warmupMs, shape, workload, tenants = [] }: LoadJob): Filling {
  if (shape.type === 'closed' || shape.turnsEach === undefined) return { warmupMs, turns: 1, thinkMs: 0 };
  const specs = tenants.length === 0 ? [workload] : tenants.map((tenant) => tenant.workload);
  return { warmupMs, turns: Math.max(...specs.map(meanTurns)), thinkMs: Math.max(...specs.map(thinkMsOf)) };
}

function thinkMsOf(spec: WorkloadSpec): number {
  return spec.type === 'trace' || spec.shape === undefined ? 0 : meanThinkMs(spec.shape.thinkTime);
}

/** Whether the load is planned to stay constant through the whole run. */
export function isSteady(shape: LoadShape): boolean {
  return shape.type === 'closed' || (shape.stages === undefined && shape.times === undefined);
}
