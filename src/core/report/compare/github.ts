import { type Comparison, gatedRows } from '../../compare/comparison.js';
import { conclusionOf, regressionText } from './conclusion.js';
import { modelsText, rowName } from './words.js';

/** GitHub shows at most this many annotations of each level per step. */
const mostAnnotations = 10;

/**
 * The verdict as GitHub's workflow commands: one error for each regression, worst first, or one warning or notice.
 * Printed in a step of a workflow, they appear on the run's page and at the pull request.
 *
 * @param comparisons one, or those of several candidates, which the annotations name
 */
export function githubAnnotations(...comparisons: readonly Comparison[]): readonly string[] {
  const all = comparisons.flatMap((comparison) => {
    const { name } = comparison.candidate;
    return annotationsOf(comparison, comparisons.length === 1 ? '' : `${name}: `);
  });
  return levels.flatMap((level) =>
    all
      .filter((each) => each.level === level)
      .slice(0, mostAnnotations)
      .map(({ title, message }) => command(level, title, message)),
  );
}

const levels = ['error', 'warning', 'notice'] as const;

interface Annotation {
  readonly level: (typeof levels)[number];
  readonly title: string;
  readonly message: string;
}

function annotationsOf(comparison: Comparison, whose: string): readonly Annotation[] {
  const models = modelsText(comparison).map((message) => ({
    level: 'warning' as const,
    title: `${whose}Performance: two models`,
    message,
  }));
  return [...models, ...verdictAnnotations(comparison, whose)];
}

function verdictAnnotations(comparison: Comparison, whose: string): readonly Annotation[] {
  const message = conclusionOf(comparison).join(' ');
  if (comparison.verdict === 'inconclusive') {
    return [{ level: 'warning', title: `${whose}Performance: inconclusive`, message }];
  }
  if (comparison.verdict !== 'regression') return [{ level: 'notice', title: `${whose}Performance`, message }];
  const regressed = gatedRows(comparison).filter(({ judgement }) => judgement.outcome.verdict === 'regression');
  if (regressed.length === 0) {
    return [{ level: 'error', title: `${whose}Performance: measurement incomplete`, message }];
  }
  return regressed.map((row) => ({
    level: 'error',
    title: `${whose}Performance regression: ${rowName(row)}`,
    message: `${regressionText(row)}.`,
  }));
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function command(level: Annotation['level'], title: string, message: string): string {
  return `::${level} title=${escapedProperty(title)}::${escapedMessage(message)}`;
}

function escapedMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
