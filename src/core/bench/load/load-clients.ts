import type { RequestOutcome } from '../client/outcome.js';
import { createStreamingClient } from '../client/streaming-client.js';
import { requestBody } from '../workload/request-body.js';
import type { Turn } from '../workload/workload.js';
import { connectionsOf, type LoadJob } from './job/load-job.js';

/** Sends the requests of a job; each tenant has connections of its own. */
export interface LoadClients {
  /** @throws ChatstreamError `target_unreachable` */
  connect(): Promise<void>;
  /** Never rejects: a failure is an outcome too. */
  send(turn: Turn, intendedUs: number): Promise<RequestOutcome>;
  /**
   * Sends a request beside the load, with the headers of all requests. Never rejects.
   *
   * @param body JSON text
   */
  sendProbe(body: string, intendedUs: number): Promise<RequestOutcome>;
  abort(): void;
  close(): Promise<void>;
}

export function createLoadClients(job: LoadJob): LoadClients {
  const { tenants = [] } = job;
  const common = createStreamingClient(job.client);
  const ofTenants = tenants.map((tenant) => ({ ...tenant, client: createStreamingClient(tenant.client) }));
  const all = [common, ...ofTenants.map(({ client }) => client)];
  return {
    async connect() {
      if (tenants.length === 0) await common.connect(connectionsOf(job));
      for (const [tenant, { client }] of ofTenants.entries()) await client.connect(connectionsOfTenant(job, tenant));
    },
    send(turn, intendedUs) {
      const { client, body } = turn.tenant === undefined ? { client: common, body: job.body } : ofTenant(turn.tenant);
      const { live: keepsText, leavesAfterMs } = turn;
      return client.send(requestBody(turn, body), intendedUs, { keepsText, leavesAfterMs });
    },
    sendProbe: (body, intendedUs) => common.send(body, intendedUs),
    abort() {
      for (const client of all) client.abort();
    },
    async close() {
      await Promise.all(all.map((client) => client.close()));
    },
  };

  function ofTenant(tenant: number): (typeof ofTenants)[number] {
    const known = ofTenants[tenant];
    if (known === undefined) throw new Error('a request of a tenant that does not exist');
    return known;
  }
}

function connectionsOfTenant(job: LoadJob, tenant: number): number {
  const { shape, tenants = [] } = job;
  return shape.type === 'closed'
    ? (shape.tenants ?? []).filter((each) => each === tenant).length
    : Math.ceil(connectionsOf(job) / tenants.length);
}
