import { mixSeeds, seededRandom } from '../../../base/random.js';
import { isSequential } from '../../../measurement/workload/conversation-shape.js';
import { partOfLoad, type Tenant } from '../../plan/tenants.js';
import type { Turn, Workload } from '../../workload/workload.js';
import { type TenantLoad, turnsEach } from '../job/tenant-load.js';
import { TurnsInOrder } from './turns-in-order.js';

/** Keeps the random numbers that choose tenants apart from those for lengths and words. */
const tenantStream = 0x74656e61;

/**
 * The tenant of an arrival of an open loop, so that each tenant has its part of the requests. Poisson arrivals that are
 * divided like this are Poisson arrivals of each tenant.
 *
 * @param weights of the tenants' arrivals
 * @param index number of the arrival, from 0
 */
function tenantOfArrival(weights: readonly number[], seed: number, index: number): number {
  let left = seededRandom(mixSeeds(seed, index, tenantStream))() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [tenant, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return tenant;
  }
  return weights.length - 1;
}

/**
 * The tenant of each arrival, and its number among the tenant's own. Each worker counts the arrivals of the others too,
 * so that what an arrival sends does not depend on the number of workers.
 */
export class ArrivalsOfTenants {
  readonly #weights: readonly number[];
  readonly #seed: number;
  readonly #counts: number[];
  #next = 0;

  constructor(tenants: readonly TenantLoad[], seed: number) {
    this.#weights = tenants.map((each) => partOfLoad(each.tenant) / turnsEach(each));
    this.#seed = seed;
    this.#counts = tenants.map(() => 0);
  }

  /** @param index number of the arrival, from 0; higher than the last one */
  at(index: number): { readonly tenant: number; readonly number: number } {
    for (;;) {
      const tenant = tenantOfArrival(this.#weights, this.#seed, this.#next);
      const number = this.#counts[tenant] ?? 0;
      this.#counts[tenant] = number + 1;
      this.#next += 1;
      if (this.#next > index) return { tenant, number };
    }
  }
}

/** The conversations of one tenant. */
export class TenantSupply {
  readonly #workload: Workload;
  readonly #tenant: number;
  readonly #run: number;
  readonly #workers: number;
  readonly #isSequential: boolean;
  readonly #inOrder: TurnsInOrder;
  #next: number;

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
    this.#inOrder = new TurnsInOrder(workload, run);
  }

  /** The next conversation of this worker. */
  conversation(): readonly Turn[] {
    const turns = this.#workload.conversation(this.#run, this.#next);
    this.#next += this.#workers;
    return this.#own(turns);
  }

  /**
   * What an arrival of an open loop sends: a conversation that continues at its own pace, or one request.
   *
   * @param number of the arrival among those of this tenant, over all workers, from 0. It must not decrease
   */
  arrival(number: number): readonly Turn[] {
    return this.#own(this.#isSequential ? this.#workload.conversation(this.#run, number) : [this.#inOrder.at(number)]);
  }

  #own(turns: readonly Turn[]): readonly Turn[] {
    return turns.map((turn) => ({ ...turn, tenant: this.#tenant }));
  }
}
