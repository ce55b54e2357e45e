import { microsNow } from '../../../base/micros.js';
import type { RequestOutcome } from '../../client/outcome.js';
import { LiveHistory } from '../../workload/live-history.js';
import type { Turn } from '../../workload/workload.js';
import type { LoadRun } from './load-run.js';
import { waitUntil } from './wait-until.js';

/** Without a pause, a client that was refused or got no answer would repeat its request again and again. */
const pauseAfterFailureMs = 100;

/**
 * One client: conversation after conversation, turn after turn, with think times. Each measures at least one request.
 *
 * @param tenant the owner of the conversations; null without tenants
 */
export async function runClient(load: LoadRun, tenant: number | null): Promise<void> {
  let counted = 0;
  let lastEndUs: number | null = null;
  for (;;) {
    const history = new LiveHistory();
    for (const turn of load.supply.nextConversation(tenant)) {
      const intendedUs = dueAfter(turn, lastEndUs);
      const phase = load.window.nextPhase(intendedUs, counted === 0);
      if (phase === 'over') return;
      if (phase === 'counted') counted += 1;
      if (turn.thinkMs !== undefined && !(await thinkUntil(intendedUs, load))) return;
      const outcome = await load.send(history.completed(turn), intendedUs, phase);
      if (outcome.status === 'aborted') return;
      lastEndUs = outcome.endUs;
      // A client that leaves is followed by another.
      if (outcome.status === 'cancelled') break;
      if (outcome.status !== 'completed') {
        // A client without an answer has nothing to reply to: the conversation is over.
        await load.pauses.wait(pauseAfterFailureMs);
        break;
      }
      history.answered(turn, outcome.text ?? '');
    }
  }
}

/**
 * The rest of a conversation whose first turn has been sent. Each turn is due a think time after the answer to the
 * previous one. Without an answer, there is nothing to reply to, so the conversation is over.
 *
 * @param first the outcome of the first turn; null if it was not sent, as for `send`
 */
export async function continueConversation(
  [begun, ...rest]: readonly Turn[],
  first: RequestOutcome | null,
  load: LoadRun,
  send: (turn: () => Turn, intendedUs: number, phase: 'warm-up' | 'counted') => Promise<RequestOutcome | null>,
): Promise<void> {
  const history = new LiveHistory();
  let [previous, outcome] = [begun, first];
  for (const turn of rest) {
    if (previous === undefined || outcome?.status !== 'completed') return;
    history.answered(previous, outcome.text ?? '');
    const intendedUs = dueAfter(turn, outcome.endUs);
    const phase = load.window.nextPhase(intendedUs);
    if (phase === 'over' || !(await thinkUntil(intendedUs, load))) return;
    outcome = await send(() => history.completed(turn), intendedUs, phase);
    previous = turn;
  }
}

/** A client sends its first message at once, and later ones after a think time. */
function dueAfter({ thinkMs }: Turn, lastEndUs: number | null): number {
  return thinkMs === undefined || lastEndUs === null ? microsNow() : lastEndUs + thinkMs * 1000;
}

/** @returns whether the load continues */
async function thinkUntil(dueUs: number, { pauses }: LoadRun): Promise<boolean> {
  await waitUntil(dueUs, pauses);
  return !pauses.areOver;
}
