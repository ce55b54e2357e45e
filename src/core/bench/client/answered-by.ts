import type { OutcomeWithoutTimes } from './outcome.js';
import type { ServerTimings } from './protocol/server-timings.js';

/**
 * An outcome with the name of the server behind the one that was asked. The wait that this server reports is its own;
 * how long the request waited before is unknown. So only its time for the prompt is known, and the rest is an upper
 * bound of the wait.
 *
 * @param upstream null if no server behind is named
 */
export function answeredBy(upstream: string | null, outcome: OutcomeWithoutTimes): OutcomeWithoutTimes {
  if (upstream === null || outcome.status !== 'completed') return outcome;
  const isWhole = outcome.isWhole === true;
  return { ...outcome, serverTimings: isWhole ? null : behind(outcome.serverTimings) };
}

function behind(timings: ServerTimings | null): ServerTimings | null {
  if (timings?.source !== 'measured') return timings;
  return timings.prefillMs === null ? null : { source: 'derived', promptMs: timings.prefillMs };
}
