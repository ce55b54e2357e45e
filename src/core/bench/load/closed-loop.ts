import { microsNow } from '../../base/micros.js';
import type { LoadRun } from './load-run.js';

/** A client that was refused, or got no answer, would otherwise repeat its request at once, again and again. */
const pauseAfterFailureMs = 100;

/**
 * A fixed number of clients, each of which sends its next request when its last one has ended, like impatient users who
 * wait for their answers.
 *
 * @param rampMs they begin one after the other, spread over this time. Those that begin together stay together for many
 *   requests if answers are equally long, and keep the load generator busy all at once (benchmarks/bench)
 */
export async function runClosedLoop(clients: number, rampMs: number, load: LoadRun): Promise<void> {
  const begin = async (client: number): Promise<void> => {
    const waitMs = (client / clients) * rampMs;
    if (waitMs > 0) await load.pauses.wait(waitMs);
    await converse(load);
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => begin(client)));
}

/** One client: conversation after conversation, turn after turn. Each measures at least one request. */
async function converse(load: LoadRun): Promise<void> {
  let counted = 0;
  for (;;) {
    for (const turn of load.nextConversation()) {
      const intendedUs = microsNow();
      const phase = load.window.nextPhase(intendedUs, counted === 0);
      if (phase === 'over') return;
      if (phase === 'counted') counted += 1;
      const outcome = await load.send(turn, intendedUs, phase);
      if (outcome.status === 'aborted') return;
      // Who leaves is followed by somebody else.
      if (outcome.status === 'cancelled') break;
      if (outcome.status !== 'completed') {
        // A client without an answer has nothing to reply to: the conversation is over.
        await load.pauses.wait(pauseAfterFailureMs);
        break;
      }
    }
  }
}
