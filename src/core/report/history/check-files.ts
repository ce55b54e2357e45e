import type { CheckedRow, HistoryCheck } from '../../history/check.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { limitText, valueText } from '../compare/words.js';
import { targetItems } from '../text/description.js';
import { escapedMarkdown } from '../text/escape.js';
import { junitXml, type TestCase } from '../text/junit-xml.js';
import { checkCells, checkConclusion, nothingChecked, rowText } from './check-text.js';
import { delayNotes } from './delay-notes.js';
import { entryName, timeOfEntry, unitOf } from './words.js';

const marks: Readonly<Record<string, string>> = {
  regression: '❌ ',
  inconclusive: '⚠️ ',
  pass: '✅ ',
  improvement: '✅ ',
};

/** A comment for a pull request: the verdict, then the table. */
export function checkMarkdown(check: HistoryCheck): string {
  const { headings, rows } = checkCells(check);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [verdict = '', ...more] = checkConclusion(check).map(escapedMarkdown);
  return [
    '## chatstream history check',
    '',
    `${marks[check.verdict] ?? ''}${verdict}`,
    ...more.flatMap((sentence) => ['', sentence]),
    '',
    ...(rows.length === 0 ? [] : [line(headings), line(headings.map(() => '---'))]),
    ...rows.map(({ cells, verdict }) =>
      line([...cells.slice(0, -1), `${marks[verdict] ?? ''}${verdict}`].map((cell) => escapedMarkdown(cell))),
    ),
    ...(rows.length === 0 ? [] : ['']),
    `- Newest: ${escapedMarkdown([entryName(check.newest), `${timeOfEntry(check.newest)} UTC`, ...targetItems(check.newest.target)].join(' · '))}`,
    `- Compared with the ${check.before} comparable results before it`,
    ...delayNotes(check).map((note) => `- ${escapedMarkdown(note)}`),
    '',
  ].join('\n');
}

/** One test case for each row; without thresholds all of them pass. */
export function checkJunit(check: HistoryCheck): string {
  const settings = [...new Set(check.rows.map((row) => wholeSettingText(row.settings)))];
  const suites = settings.map((setting) => ({
    name: `history: ${setting}`,
    cases: check.rows.filter((row) => wholeSettingText(row.settings) === setting).map((row) => caseOf(row, setting)),
  }));
  const nothing = nothingChecked(check);
  const measurement = nothing === null ? [] : [{ name: 'history: measurement', cases: [nothingCase(check, nothing)] }];
  return junitXml('chatstream history check', [...measurement, ...suites]);
}

function nothingCase({ verdict }: HistoryCheck, message: string): TestCase {
  const common = { suite: 'chatstream.history', name: 'there is something to check', output: message };
  return verdict === 'regression'
    ? { ...common, status: 'failed', type: 'lost', message }
    : { ...common, status: 'skipped', message: `inconclusive: ${message}` };
}

function caseOf(row: CheckedRow, setting: string): TestCase {
  const { judgement, metric, evidence, value } = row;
  const limit = judgement.type === 'gated' ? ` ${limitText(judgement.threshold)} × level before` : '';
  const output = `level before ${valueText(evidence?.change.level ?? null, metric)}, newest ${valueText(value, metric)}`;
  const common = { suite: `chatstream.history.${setting}`, name: metric.id + limit, output };
  if (judgement.type === 'shown') return { ...common, status: 'passed' };
  switch (judgement.outcome.verdict) {
    case 'regression':
      return { ...common, status: 'failed', type: 'regression', message: rowText(row) };
    case 'inconclusive':
      return { ...common, status: 'skipped', message: `inconclusive: ${rowText(row)}` };
    case 'pass':
    case 'improvement':
      return { ...common, status: 'passed' };
  }
}

/** By how much the load generator can have moved the newest value, in its unit; null if its line does not say. */
function clientErrorIn({ metric, series, value }: CheckedRow): number | null {
  const errors = value === null ? undefined : series.at(-1)?.row.client_error;
  return errors === undefined ? null : (errors[metric.id] ?? 0);
}

/** The check for scripts. Unknown and infinite values are null. */
export function checkJson(check: HistoryCheck): object {
  const { verdict, newest, before, rows } = check;
  return {
    schema: 'chatstream.history-check/v1',
    verdict,
    message: checkConclusion(check).join(' '),
    newest: { started_at: newest.started_at, commit: newest.commit, target: newest.target },
    comparable_results_before: before,
    rows: rows.map(rowJson),
  };
}

function rowJson(row: CheckedRow): object {
  const { settings, metric, value, evidence, judgement, series } = row;
  const gated = judgement.type === 'gated' ? judgement : null;
  const changed = evidence?.type === 'level' ? series[evidence.index] : undefined;
  return {
    settings,
    metric: metric.id,
    unit: unitOf(metric),
    value,
    client_error: clientErrorIn(row),
    level_before: evidence?.change.level ?? null,
    ratio: evidence?.change.ratio ?? null,
    interval: evidence?.change.interval ?? null,
    spread: evidence?.change.spread ?? null,
    changed_at:
      changed === undefined || evidence?.type !== 'level'
        ? null
        : {
            started_at: changed.entry.started_at,
            commit: changed.entry.commit,
            runs_ago: series.length - 1 - evidence.index,
          },
    threshold: gated?.threshold.text ?? null,
    limit: gated?.threshold.limit ?? null,
    verdict: gated?.outcome.verdict ?? null,
    reason: gated?.outcome.verdict === 'inconclusive' ? gated.outcome.doubt.reason : null,
    explanation: gated === null || gated.outcome.verdict === 'pass' ? null : rowText(row),
  };
}
