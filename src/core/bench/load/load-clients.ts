import type { RequestOutcome } from '../client/outcome.js';
import { createStreamingClient } from '../client/streaming-client.js';
import { requestBody, type Turn } from '../workload/workload.js';
import { connectionsOf, type LoadJob } from './load-generator.js';

/** Sends the requests of a job; each tenant has connections of its own. */
export interface LoadClients {
  /** @throws ChatstreamError `target_unreachable` */
  connect(): Promise<void>;
  /** Never rejects: a failure is an outcome too. */
  send(turn: Turn, intendedUs: number): Promise<RequestOutcome>;
  abort(): void;
  close(): Promise<void>;
}

export function createLoadClients(job: LoadJob): LoadClients {
  const { tenants = [] } = job;
  if (tenants.length === 0) {
    const client = createStreamingClient(job.client);
    return {
      connect: () => client.connect(connectionsOf(job)),
      send: (turn, intendedUs) => client.send(requestBody(turn, job.body), intendedUs, turn.live),
      abort: () => {
        client.abort();
      },
      close: () => client.close(),
    };
  }
  const clients = tenants.map((tenant) => ({ ...tenant, connection: createStreamingClient(tenant.client) }));
  return {
    async connect() {
      for (const [tenant, { connection }] of clients.entries())
        await connection.connect(connectionsOfTenant(job, tenant));
    },
    send: (turn, intendedUs) => {
      const client = clients[turn.tenant ?? 0];
      if (client === undefined) throw new Error('a request of a tenant that does not exist');
      return client.connection.send(requestBody(turn, client.body), intendedUs, turn.live);
    },
    abort() {
      for (const { connection } of clients) connection.abort();
    },
    async close() {
      await Promise.all(clients.map(({ connection }) => connection.close()));
    },
  };
}

function connectionsOfTenant(job: LoadJob, tenant: number): number {
  const { shape, tenants = [] } = job;
  return shape.type === 'closed'
    ? (shape.tenants ?? []).filter((each) => each === tenant).length
    : Math.ceil(connectionsOf(job) / tenants.length);
}
