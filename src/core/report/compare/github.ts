import { type Comparison, gatedRows } from '../../compare/comparison.js';
import { conclusionOf, regressionText } from './conclusion.js';
import { rowName } from './words.js';

/** GitHub shows at most this many annotations of each level per step. */
const mostAnnotations = 10;

/**
 * The verdict as GitHub's workflow commands: one error for each regression, worst first, or one warning or notice.
 * Printed in a step of a workflow, they appear on the run's page and at the pull request.
 */
export function githubAnnotations(comparison: Comparison): readonly string[] {
  const conclusion = conclusionOf(comparison).join(' ');
  if (comparison.verdict === 'inconclusive') return [command('warning', 'Performance: inconclusive', conclusion)];
  if (comparison.verdict !== 'regression') return [command('notice', 'Performance', conclusion)];
  const regressed = gatedRows(comparison).filter(({ judgement }) => judgement.outcome.verdict === 'regression');
  if (regressed.length === 0) return [command('error', 'Performance: measurement incomplete', conclusion)];
  return regressed
    .slice(0, mostAnnotations)
    .map((row) => command('error', `Performance regression: ${rowName(row)}`, `${regressionText(row)}.`));
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  return `::${level} title=${escapedProperty(title)}::${escapedMessage(message)}`;
}

function escapedMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
