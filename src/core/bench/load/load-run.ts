import type { RequestOutcome } from '../client/outcome.js';
import type { Turn } from '../workload/workload.js';
import type { RequestPhase, MeasurementWindow } from './window.js';

/** What a load shape needs: something to send, a way to send it, and the word when to stop. */
export interface LoadRun {
  readonly window: MeasurementWindow;
  /** Aborted when the bench is stopped early. */
  readonly signal: AbortSignal;
  nextConversation(): readonly Turn[];
  /** Sends one request and records what became of it. */
  send(turn: Turn, intendedUs: number, phase: Exclude<RequestPhase, 'over'>): Promise<RequestOutcome>;
}
