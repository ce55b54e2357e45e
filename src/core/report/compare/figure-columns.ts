import { type ComparedRow, isGated } from '../../compare/comparison.js';
import { intervalText, limitText, ratioText, valueText } from './words.js';

/** A column of the table of compared figures. */
export interface FigureColumn {
  readonly heading: string;
  readonly text: (row: ComparedRow) => string;
}

/**
 * The figures of a row, from the baseline to the interval of the ratio.
 *
 * @param decimals of ratios
 */
export function figureColumns(decimals: number): readonly FigureColumn[] {
  return [
    { heading: 'baseline', text: ({ baseline, metric }) => valueText(baseline, metric) },
    { heading: 'candidate', text: ({ candidate, metric }) => valueText(candidate, metric) },
    { heading: 'ratio', text: ({ ratio }) => ratioText(ratio, decimals) },
    { heading: '95 % interval', text: ({ interval }) => intervalText(interval, decimals) },
  ];
}

/** The allowed ratio; empty for a row that is not judged. */
export const limitColumn: FigureColumn = {
  heading: 'limit',
  text: (row) => (isGated(row) ? limitText(row.judgement.threshold) : ''),
};
