/** When an agent began to send, in milliseconds since the bench released the start: between these two. */
export interface StartTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Learns from an answer when its agent began. The two clocks need not agree: the agent says for how long it has been
 * sending, and it said so between the moments at which the bench asked and was answered. Of several answers, the
 * quickest one is the most precise.
 *
 * ```text
 * bench   release ──── asked ─────────────────── answered
 * agent        began ────────── for 250 ms ──┘
 * ```
 *
 * @param before what is known so far; null: nothing
 * @param askedMs since the release, as `answeredMs`
 * @param forMs for how long the agent had been sending when it answered
 */
export function narrowStart(
  before: StartTime | null,
  { askedMs, answeredMs, forMs }: { readonly askedMs: number; readonly answeredMs: number; readonly forMs: number },
): StartTime {
  // Nothing begins before it is released.
  const seen = { fromMs: Math.max(0, askedMs - forMs), toMs: Math.max(0, answeredMs - forMs) };
  return before === null || widthOf(seen) < widthOf(before) ? seen : before;
}

/**
 * An upper limit of the time between the starts of the agents, in milliseconds; null if it is not known for all of
 * them.
 */
export function startSpreadMs(starts: readonly (StartTime | null)[]): number | null {
  const known = starts.filter((start) => start !== null);
  if (known.length === 0 || known.length < starts.length) return null;
  return Math.max(...known.map(({ toMs }) => toMs)) - Math.min(...known.map(({ fromMs }) => fromMs));
}

function widthOf({ fromMs, toMs }: StartTime): number {
  return toMs - fromMs;
}
