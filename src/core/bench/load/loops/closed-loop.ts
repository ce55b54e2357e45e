import { runClient } from './converse.js';
import type { LoadRun } from './load-run.js';

/**
 * A fixed number of clients, each of which sends its next request when its last one has ended, like impatient users who
 * wait for their answers.
 *
 * @param rampMs the clients begin one after the other, spread over this time. Clients that begin together stay together
 *   for many requests if answers are equally long, and load the generator all at once (benchmarks/bench)
 * @param tenants the number of each client's tenant; null without tenants
 */
export async function runClosedLoop(
  clients: number,
  rampMs: number,
  load: LoadRun,
  tenants: readonly number[] | null = null,
): Promise<void> {
  const begin = async (client: number): Promise<void> => {
    const waitMs = (client / clients) * rampMs;
    if (waitMs > 0) await load.pauses.wait(waitMs);
    await runClient(load, tenants?.[client] ?? null);
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => begin(client)));
}
