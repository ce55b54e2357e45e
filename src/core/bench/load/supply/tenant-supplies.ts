import { mixSeeds } from '../../../base/random.js';
import { createWorkload, type Turn } from '../../workload/workload.js';
import { withLeavers } from '../job/leavers.js';
import type { LoadJob } from '../job/load-job.js';
import { ArrivalsOfTenants, TenantSupply } from './tenant-supply.js';

/** Where the requests of tenants come from. */
interface Supplies {
  conversation(tenant: number): readonly Turn[];
  /** What an arrival of an open loop sends; null without tenants. The index must increase. */
  readonly arrival: ((index: number) => readonly Turn[]) | null;
}

export function suppliesOf(job: LoadJob): Supplies {
  const { tenants = [], shape, leaving = null } = job;
  const supplies = tenants.map(({ workload, tenant }, number) => {
    // Otherwise the same requests of each tenant would be given up.
    const own = leaving === null ? null : { ...leaving, seed: mixSeeds(leaving.seed, number) };
    return new TenantSupply(withLeavers(createWorkload(workload), own), tenant, number, job);
  });
  const arrivals = shape.type === 'closed' ? null : new ArrivalsOfTenants(tenants, shape.seed);
  return {
    conversation: (tenant) => supplies[tenant]?.conversation() ?? [],
    arrival:
      tenants.length === 0 || arrivals === null
        ? null
        : (index) => {
            const { tenant, number } = arrivals.at(index);
            return supplies[tenant]?.arrival(number) ?? [];
          },
  };
}
