import type { SettingSummary } from '../../measurement/summarise.js';
import { type Dimension, dimensionsOf, settingsText } from '../../measurement/setting-text.js';
import { oneLine } from '../text/escape.js';

/** Why requests got no answer: one entry per code, the most frequent first. */
export interface Failure {
  readonly code: string;
  readonly count: number;
  /** Where it happened, in words. */
  readonly where: string;
  /** What the server said to one of them; '' if nothing. */
  readonly example: string;
}

export function failuresOf(summaries: readonly SettingSummary[]): readonly Failure[] {
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  const codes = new Set(summaries.flatMap(({ requests }) => Object.keys(requests.errors)));
  return [...codes]
    .map((code) => failureOf(code, summaries, by))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}

function failureOf(code: string, summaries: readonly SettingSummary[], by: readonly Dimension[]): Failure {
  const having = summaries.filter(({ requests }) => (requests.errors[code] ?? 0) > 0);
  const example = having.map(({ requests }) => requests.examples[code]).find((text) => text !== undefined);
  return {
    code: oneLine(code),
    count: having.reduce((total, { requests }) => total + (requests.errors[code] ?? 0), 0),
    where:
      summaries.length === 1
        ? ''
        : settingsText(
            having.map(({ settings }) => settings),
            by,
          ),
    example: oneLine(example ?? ''),
  };
}
