import { plural, significant, timeText } from '../../core/measurement/numbers.js';

/** How many tokens an answer had, how fast they arrived, and how the time to its first token was spent. */
export interface AnswerCounts {
  readonly tokens: number;
  /** From sending the message to the first text; null if there was none. */
  readonly firstTextMs: number | null;
  /** As reported by the server; null if it does not. */
  readonly queueMs: number | null;
  /** From the first text to the end. */
  readonly decodeSeconds: number;
}

/** A shorter wait is not noticeable. */
const noticeableWaitMs = 100;

/** The counts in one line: `57 tokens · 24.1 tokens/s · first after 1.20 s, 812 ms of it in the queue`. */
export function countsText({ tokens, firstTextMs, queueMs, decodeSeconds }: AnswerCounts): string {
  const parts = [plural(tokens, 'token')];
  // The first token has already arrived when the time begins.
  if (tokens > 1 && decodeSeconds > 0) parts.push(`${significant((tokens - 1) / decodeSeconds)} tokens/s`);
  if (firstTextMs !== null) {
    const waited = queueMs !== null && queueMs >= noticeableWaitMs ? `, ${timeText(queueMs)} of it in the queue` : '';
    parts.push(`first after ${timeText(firstTextMs)}${waited}`);
  }
  return parts.join(' · ');
}
