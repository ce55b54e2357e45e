import { answersFewer } from '../compare/trials/answers-fewer.js';
import type { Proportion } from '../statistics/proportion.js';
import type { HistoryRow } from './entry-schema.js';

interface Answering {
  readonly row: HistoryRow;
}

/** Answered requests among all that count. */
export function answeredOf({ requests: { completed, refused, failed, timed_out: timedOut } }: HistoryRow): Proportion {
  return { successes: completed, attempts: completed + refused + failed + timedOut };
}

/** Requests without an answer, as a share of all that count; 0 without requests. */
export function failedShareOf(row: HistoryRow): number {
  const { successes, attempts } = answeredOf(row);
  return attempts === 0 ? 0 : (attempts - successes) / attempts;
}

/** As {@link answeredOf}, for several rows together. */
export function answeredTogether(points: readonly Answering[]): Proportion {
  const all = points.map(({ row }) => answeredOf(row));
  return {
    successes: all.reduce((sum, { successes }) => sum + successes, 0),
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
  };
}

/**
 * Whether a row answers nothing at all, or clearly a smaller share than all earlier ones together.
 *
 * @param tail error on each side of the interval
 */
export function answersFewerThan(before: readonly Answering[], row: HistoryRow, tail: number): boolean {
  return row.requests.completed === 0 || answersFewer(answeredTogether(before), answeredOf(row), tail);
}
