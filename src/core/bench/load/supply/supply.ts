import { createWorkload, type Turn } from '../../workload/workload.js';
import { withLeavers } from '../job/leavers.js';
import type { LoadJob } from '../job/load-job.js';
import { suppliesOf } from './tenant-supplies.js';
import { TurnsInOrder } from './turns-in-order.js';

/** What one worker sends in a run. */
export interface Supply {
  /** @param tenant the sender; null without tenants */
  nextConversation(tenant: number | null): readonly Turn[];
  /** The turns of all conversations one after the other, by their number, which must not decrease. */
  turnAt(index: number): Turn;
  /**
   * What an arrival of an open loop sends, if there are tenants.
   *
   * @param index number of the arrival, from 0
   */
  readonly arrivalOfTenant: ((index: number) => readonly Turn[]) | null;
}

export function supplyOf(job: LoadJob): Supply {
  const workload = withLeavers(createWorkload(job.workload), job.leaving ?? null);
  const inOrder = new TurnsInOrder(workload, job.run);
  const ofTenants = suppliesOf(job);
  let next = job.worker;
  return {
    nextConversation(tenant) {
      if (tenant !== null) return ofTenants.conversation(tenant);
      const turns = workload.conversation(job.run, next);
      next += job.workers;
      return turns;
    },
    turnAt: (index) => inOrder.at(index),
    arrivalOfTenant: ofTenants.arrival,
  };
}
