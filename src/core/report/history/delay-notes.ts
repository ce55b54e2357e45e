import type { ComparedMetric } from '../../compare/compared-metric.js';
import type { HistoryCheck } from '../../history/check.js';
import { percentText } from '../../measurement/numbers.js';
import { noticeableDelay } from '../../measurement/validity/client-delay.js';
import { shownRows } from './check-text.js';

/** Why intervals are wider than noise alone would make them, as sentences; none if they hardly are. */
export function delayNotes({ rows }: Pick<HistoryCheck, 'rows'>): readonly string[] {
  const [most] = shownRows(rows)
    .flatMap(({ metric, evidence }) => {
      if (evidence === null) return [];
      const { before, present } = evidence.change.errors;
      const now = evidence.type === 'newest' ? 'the newest' : 'the present level of';
      return [
        { figure: `${now} ${metric.id}`, share: shareOf(present, metric) },
        { figure: `the level of ${metric.id} before`, share: shareOf(before, metric) },
      ];
    })
    .toSorted((one, other) => other.share - one.share);
  if (most === undefined || most.share <= noticeableDelay) return [];
  return [
    `The load generator's own delay can have moved figures by up to ${percentText(most.share)} (${most.figure}); the intervals allow for that.`,
  ];
}

/** Of the measured figure. */
function shareOf(error: number, { type }: ComparedMetric): number {
  return type === 'latency' ? -Math.expm1(-error) : Math.expm1(error);
}
