import { mixSeeds } from '../base/random.js';
import { type Endpoint, keyHeader } from '../measurement/workload/endpoints.js';
import type { LoadJob } from './load/job/load-job.js';
import type { TenantLoad } from './load/job/tenant-load.js';
import type { Tenant } from './plan/tenants.js';
import { checkSendable } from './workload/plain-text.js';
import { readPromptsFile } from './workload/prompts-file.js';
import type { SyntheticSpec, WorkloadSpec } from './workload/workload.js';

/** A tenant, and what it sends. */
export interface PreparedTenant {
  readonly tenant: Tenant;
  readonly workload: WorkloadSpec;
}

/** Each tenant has lengths and words of its own, which do not depend on the others. */
export async function prepareTenants(
  tenants: readonly Tenant[],
  common: Pick<SyntheticSpec, 'seed' | 'salt' | 'scale'>,
  endpoint: Endpoint,
): Promise<readonly PreparedTenant[]> {
  return await Promise.all(
    tenants.map(async (tenant, number) => {
      const { prompts, outputTokens, sharedPrefixTokens, conversations: shape } = tenant;
      const seed = mixSeeds(common.seed, number);
      const own = { ...common, seed, outputTokens, sharedPrefixTokens, shape };
      if (prompts.type === 'synthetic') {
        return { tenant, workload: { type: 'synthetic', inputTokens: prompts.inputTokens, ...own } as const };
      }
      const file = await readPromptsFile(prompts.path, shape.live);
      checkSendable(endpoint, file, file.name);
      const { conversations, wishes } = file;
      return { tenant, workload: { type: 'prompts', conversations, wishes, ...own } as const };
    }),
  );
}

/** What the tenants send to one server. Their keys go into the headers, and nowhere else. */
export function tenantLoads(
  prepared: readonly PreparedTenant[],
  { client, body }: Pick<LoadJob, 'client' | 'body'>,
): readonly TenantLoad[] {
  return prepared.map(({ tenant: { key, ...tenant }, workload }) => ({
    tenant,
    workload,
    client:
      key === null ? client : { ...client, headers: { ...client.headers, ...keyHeader(body.form?.endpoint, key) } },
    body: tenant.priority === null ? body : { ...body, extraBody: { ...body.extraBody, priority: tenant.priority } },
  }));
}
