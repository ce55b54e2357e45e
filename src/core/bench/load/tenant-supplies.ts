import { createWorkload, type Turn } from '../workload/workload.js';
import type { LoadJob } from './load-generator.js';
import { tenantOfArrival, TenantSupply } from './tenant-load.js';

/** Where the requests of tenants come from. */
interface Supplies {
  conversation(tenant: number): readonly Turn[];
  /** What an arrival of an open loop sends; null without tenants. */
  readonly arrival: ((index: number) => readonly Turn[]) | null;
}

export function suppliesOf(job: LoadJob): Supplies {
  const { tenants = [], shape } = job;
  const supplies = tenants.map(
    ({ workload, tenant }, number) => new TenantSupply(createWorkload(workload), tenant, number, job),
  );
  return {
    conversation: (tenant) => supplies[tenant]?.conversation() ?? [],
    arrival:
      tenants.length === 0 || shape.type === 'closed'
        ? null
        : (index) => supplies[tenantOfArrival(tenants, shape.seed, index)]?.arrival() ?? [],
  };
}
