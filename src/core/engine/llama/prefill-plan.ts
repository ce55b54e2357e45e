/** What the plan of a round needs to know of a generation. */
export interface RoundMember {
  /** Prompt tokens that it would evaluate in this round; 0 when it decodes. */
  readonly nextChunk: number;
  /** Lower for the one that came first. */
  readonly order: number;
}

/**
 * Chooses who takes part in a round: everyone who decodes, and of those who prefill the first to come, as long as
 * their chunks together stay within `prefillChunk`. Chunks are never cut to fit, so where a prompt is cut does not
 * depend on what else is running. The first one always gets its chunk, so every prompt gets on.
 *
 * @param running in the order in which the batch is to have them, which the result keeps
 */
export function planRound<T extends RoundMember>(running: readonly T[], prefillChunk: number): readonly T[] {
  const prefilling = running.filter(({ nextChunk }) => nextChunk > 0).sort((a, b) => a.order - b.order);
  const waiting = new Set<T>();
  let room = prefillChunk;
  for (const member of prefilling) {
    // Once one has to wait, so do all who came later, even if theirs would fit.
    if (waiting.size > 0 || member.nextChunk > room) waiting.add(member);
    else room -= member.nextChunk;
  }
  return waiting.size === 0 ? running : running.filter((member) => !waiting.has(member));
}
