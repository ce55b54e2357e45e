import { partOfLoad, type Tenant, tenantOfClients } from '../../../core/bench/plan/tenants.js';
import { type Endpoint, keyHeader } from '../../../core/measurement/workload/endpoints.js';
import type { FlagOrigins } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { isOpenLoop } from './load.js';
import { refuse } from './refuse.js';
import { conversationsOf } from './workload.js';

/**
 * The tenants of `--tenants`. The flags apply to a tenant where the file says nothing.
 *
 * @throws ChatstreamError `usage`
 */
export async function tenantsOf(flags: BenchFlags, origins: FlagOrigins): Promise<readonly Tenant[]> {
  if (flags.tenants === undefined) return [];
  const defaults = {
    prompts:
      flags.prompts === undefined
        ? ({ type: 'synthetic', inputTokens: flags['input-tokens'] } as const)
        : ({ type: 'file', path: flags.prompts } as const),
    outputTokens: flags['output-tokens'],
    sharedPrefixTokens: flags['shared-prefix'],
    conversations: conversationsOf(flags, origins),
  };
  // Loaded late: most benches have no such file, and the code that checks it takes 0.15 s to load.
  const { readTenantsFile } = await import('../../../core/bench/plan/tenants-file.js');
  return await readTenantsFile(flags.tenants, defaults, process.env);
}

/**
 * How many clients the tenants have of their own; null if they share those of the flags.
 *
 * @throws ChatstreamError `usage` if that contradicts the flags, or a tenant would have no client
 */
export function clientsOfTenants(
  tenants: readonly Tenant[],
  flags: BenchFlags,
  { isTyped }: FlagOrigins,
): number | null {
  if (tenants.length === 0) return null;
  if (tenants[0]?.portion.type === 'clients') {
    const loads = (['concurrency', 'rate', 'ramp', 'stages'] as const).find(
      (name) => isTyped(name) || (name !== 'concurrency' && flags[name] !== undefined),
    );
    if (loads !== undefined) {
      refuse(`The tenants have their own clients, but --${loads} is given.`, 'Leave it out, or give the tenants a share instead.'); // prettier-ignore
    }
    return tenants.reduce((sum, tenant) => sum + partOfLoad(tenant), 0);
  }
  if (isOpenLoop(flags)) return null;
  for (const clients of flags.concurrency) {
    const served = new Set(tenantOfClients(tenants.map(partOfLoad), clients));
    const [idle] = tenants.filter((_, number) => !served.has(number));
    if (idle !== undefined) {
      refuse(`Of ${clients} clients, the tenant ${idle.name} would have none.`, 'Use more clients (-c), or give each tenant a number of clients.'); // prettier-ignore
    }
  }
  return null;
}

/** Requests to the server before the load need a key as well. */
export function withFirstKey(
  headers: Readonly<Record<string, string>>,
  [first]: readonly Tenant[],
  endpoint: Endpoint,
): Readonly<Record<string, string>> {
  return first?.key == null ? headers : { ...keyHeader(endpoint, first.key), ...headers };
}
