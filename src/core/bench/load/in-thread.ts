import { microsNow } from '../../base/micros.js';
import type { StreamingClient } from '../client/streaming-client.js';
import { createStreamingClient } from '../client/undici-client.js';
import { LoopDelay } from '../record/loop-delay.js';
import { connectionsOf, type LoadGenerator } from './load-generator.js';
import type { LoadJob } from './load-job.js';
import { type RunningLoad, runLoad } from './run-load.js';

/** Sends from this thread. */
export function inThreadLoad(): LoadGenerator {
  let prepared: { readonly job: LoadJob; readonly client: StreamingClient } | undefined;
  let loopDelay: LoopDelay | undefined;
  let running: RunningLoad | undefined;
  return {
    async prepare(job) {
      await prepared?.client.close();
      const client = createStreamingClient(job.client);
      prepared = { job, client };
      await client.connect(connectionsOf(job));
      loopDelay ??= await LoopDelay.open();
    },
    async start(signal) {
      if (prepared === undefined || loopDelay === undefined) throw new Error('prepare comes first');
      running = runLoad(prepared.job, prepared.client, loopDelay, microsNow(), signal);
      return [await running.done];
    },
    snapshots: () => (running === undefined ? [] : [running.snapshot]),
    async close() {
      await prepared?.client.close();
      prepared = undefined;
      await loopDelay?.close();
      loopDelay = undefined;
    },
  };
}
