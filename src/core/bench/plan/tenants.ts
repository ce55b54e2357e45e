import type { ConversationShape } from '../../measurement/workload/conversation-shape.js';
import type { Lengths } from '../../measurement/workload/lengths.js';
import type { PromptSource } from './prompt-source.js';

/** One of the tenants that load a server together, with a load of its own. */
export interface Tenant {
  readonly name: string;
  /** Sent as a bearer token, and nowhere else: it never appears in results, reports and logs. Null: as for all requests. */
  readonly key: string | null;
  readonly portion: TenantPortion;
  /** Its share of the service, in proportion to others. */
  readonly weight: number;
  /** Sent as the parameter `priority`; null: not sent. */
  readonly priority: string | number | null;
  readonly prompts: PromptSource;
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly conversations: ConversationShape;
}

/** How large its part of the load is. */
export type TenantPortion =
  /** In proportion to others: of the clients of a closed loop, or of the requests of an open loop. */
  | { readonly type: 'share'; readonly share: number }
  /** A number of clients of a closed loop. */
  | { readonly type: 'clients'; readonly clients: number };

/** A tenant's part of the load; parts are in proportion to each other. */
export function partOfLoad({ portion }: Pick<Tenant, 'portion'>): number {
  return portion.type === 'share' ? portion.share : portion.clients;
}

/**
 * The tenant of each client of a closed loop: one client after the other goes to the tenant that has the fewest in
 * relation to its part (the method of V. D'Hondt, 1878). Clients of different tenants are mixed, so that all begin
 * during the warm-up.
 *
 * @param parts of the tenants, above 0
 * @returns the number of each client's tenant
 */
export function tenantOfClients(parts: readonly number[], clients: number): readonly number[] {
  const counts = parts.map(() => 0);
  return Array.from({ length: clients }, () => {
    let chosen = 0;
    for (const index of parts.keys()) if (quotient(index) > quotient(chosen)) chosen = index;
    counts[chosen] = (counts[chosen] ?? 0) + 1;
    return chosen;
  });

  function quotient(index: number): number {
    return (parts[index] ?? 0) / ((counts[index] ?? 0) + 1);
  }
}
