import { mixSeeds, seededRandom } from '../../base/random.js';
import { isSequential } from '../../measurement/conversation-shape.js';
import type { StreamingClientOptions } from '../client/streaming-client.js';
import { partOfLoad, type Tenant } from '../plan/tenants.js';
import { type BodyOptions, meanTurns, type Turn, type Workload, type WorkloadSpec } from '../workload/workload.js';

/** What one tenant sends, as plain data. */
export interface TenantLoad {
  readonly tenant: Omit<Tenant, 'key'>;
  /** With the tenant's key among the headers. */
  readonly client: StreamingClientOptions;
  readonly workload: WorkloadSpec;
  readonly body: BodyOptions;
}

/** How many requests an arrival of this tenant brings on average: a conversation, or one. */
function turnsEach({ tenant, workload }: TenantLoad): number {
  return isSequential(tenant.conversations) ? meanTurns(workload) : 1;
}

/** How many requests an arrival brings on average over all tenants. */
export function meanRequests(tenants: readonly TenantLoad[]): number {
  const all = tenants.reduce((sum, each) => sum + partOfLoad(each.tenant), 0);
  const arrivals = tenants.reduce((sum, each) => sum + partOfLoad(each.tenant) / turnsEach(each), 0);
  return all / arrivals;
}

/** Keeps the numbers that decide about tenants apart from those of lengths and words. */
const tenantStream = 0x74656e61;

/**
 * Whose an arrival of an open loop is, so that each tenant has its part of the requests. Poisson arrivals that are divided
 * like this are Poisson arrivals of each tenant.
 *
 * @param index number of the arrival, from 0
 */
export function tenantOfArrival(tenants: readonly TenantLoad[], seed: number, index: number): number {
  const weights = tenants.map((each) => partOfLoad(each.tenant) / turnsEach(each));
  let left = seededRandom(mixSeeds(seed, index, tenantStream))() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [tenant, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return tenant;
  }
  return weights.length - 1;
}

/** The conversations of one tenant, one after the other. */
export class TenantSupply {
  readonly #workload: Workload;
  readonly #tenant: number;
  readonly #run: number;
  readonly #workers: number;
  readonly #isSequential: boolean;
  #next: number;
  /** Turns that do not wait for answers, and have not been sent yet. */
  #rest: readonly Turn[] = [];

  /** @param tenant its number, from 0 */
  constructor(
    workload: Workload,
    { conversations }: Pick<Tenant, 'conversations'>,
    tenant: number,
    { run, worker, workers }: { readonly run: number; readonly worker: number; readonly workers: number },
  ) {
    this.#workload = workload;
    this.#tenant = tenant;
    this.#run = run;
    this.#workers = workers;
    this.#next = worker;
    this.#isSequential = isSequential(conversations);
  }

  conversation(): readonly Turn[] {
    const turns = this.#workload.conversation(this.#run, this.#next);
    this.#next += this.#workers;
    return turns.map((turn) => ({ ...turn, tenant: this.#tenant }));
  }

  /** What the next arrival of an open loop sends: a conversation that goes on in its own time, or one request. */
  arrival(): readonly Turn[] {
    if (this.#isSequential) return this.conversation();
    if (this.#rest.length === 0) this.#rest = this.conversation();
    const [first, ...rest] = this.#rest;
    this.#rest = rest;
    return first === undefined ? [] : [first];
  }
}
