import { setTimeout as delay } from 'node:timers/promises';
import { microsNow } from '../client/micros.js';
import type { LoadRun } from './load-run.js';

/** A client that was refused, or got no answer, would otherwise ask again at once, and again. */
const pauseAfterFailureMs = 100;

/**
 * A fixed number of clients, each of which sends its next request when its last one has ended: what so many impatient
 * users do who wait for their answers.
 */
export async function runClosedLoop(clients: number, load: LoadRun): Promise<void> {
  await Promise.all(Array.from({ length: clients }, () => converse(load)));
}

/** One client: conversation after conversation, turn after turn. Each measures one request at least. */
async function converse(load: LoadRun): Promise<void> {
  let counted = 0;
  for (;;) {
    for (const turn of load.nextConversation()) {
      const intendedUs = microsNow();
      const admission = load.window.admit(intendedUs, counted === 0);
      if (admission === 'over') return;
      if (admission === 'counted') counted += 1;
      const outcome = await load.send(turn, intendedUs, admission);
      if (outcome.state === 'aborted') return;
      if (outcome.state !== 'completed') {
        // Whoever got no answer has nothing to reply to.
        await delay(pauseAfterFailureMs, undefined, { signal: load.signal }).catch(() => undefined);
        break;
      }
    }
  }
}
