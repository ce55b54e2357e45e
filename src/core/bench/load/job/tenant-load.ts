import { isSequential } from '../../../measurement/workload/conversation-shape.js';
import type { StreamingClientOptions } from '../../client/streaming-client.js';
import { partOfLoad, type Tenant } from '../../plan/tenants.js';
import type { BodyOptions } from '../../workload/request-body.js';
import { meanTurns, type WorkloadSpec } from '../../workload/workload.js';

/** What one tenant sends, as plain data. */
export interface TenantLoad {
  readonly tenant: Omit<Tenant, 'key'>;
  /** With the tenant's key among the headers. */
  readonly client: StreamingClientOptions;
  readonly workload: WorkloadSpec;
  readonly body: BodyOptions;
}

/** How many requests an arrival of this tenant brings on average: a conversation, or one. */
export function turnsEach({ tenant, workload }: TenantLoad): number {
  return isSequential(tenant.conversations) ? meanTurns(workload) : 1;
}

/** How many requests an arrival brings on average over all tenants; undefined if every request stands alone. */
export function meanRequests(tenants: readonly TenantLoad[]): number | undefined {
  if (!tenants.some(({ tenant }) => isSequential(tenant.conversations))) return undefined;
  const all = tenants.reduce((sum, each) => sum + partOfLoad(each.tenant), 0);
  const arrivals = tenants.reduce((sum, each) => sum + partOfLoad(each.tenant) / turnsEach(each), 0);
  return all / arrivals;
}
