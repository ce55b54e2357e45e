import { type ComparedRow, type Comparison, type GatedRow, gatedRows } from '../../compare/comparison.js';
import { nothingCompared } from '../../compare/nothing-compared.js';
import type { Plan } from '../../measurement/result-schema.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import type { TestCase, TestSuite } from '../text/junit-xml.js';
import { endText, regressionText } from './conclusion.js';
import { doubtText, intervalText, limitText, modelsText, ratioText, rowName, valueText } from './words.js';

/** A suite for each setting with a case for each figure; without thresholds all of them pass. */
export function comparisonSuites(comparison: Comparison): readonly TestSuite[] {
  const gated = gatedRows(comparison);
  const rows: readonly ComparedRow[] = gated.length > 0 ? gated : comparison.rows;
  const settings = [...new Set(rows.map((row) => wholeSettingText(row.settings)))];
  const suites = settings.map((setting) => ({
    name: `compare: ${setting}`,
    cases: rows
      .filter((row) => wholeSettingText(row.settings) === setting)
      .map((row) => caseOf(row, setting, comparison.candidate.plan)),
  }));
  const nothing = nothingCompared(comparison);
  const ended = endText(comparison);
  const measurement = [
    ...(ended === null ? [] : [endCase(comparison, ended)]),
    ...(nothing === null ? [] : [skipped('there is something to compare', nothing)]),
    ...modelsText(comparison).map(modelsCase),
  ];
  return measurement.length === 0 ? suites : [{ name: 'compare: measurement', cases: measurement }, ...suites];
}

/** JUnit has no warnings; viewers show what was skipped, and why. */
function modelsCase(message: string): TestCase {
  return {
    suite: 'chatstream.compare',
    name: 'both sides have the same model',
    output: message,
    status: 'skipped',
    message,
  };
}

/** That not everything was measured. */
function endCase({ candidate }: Comparison, message: string): TestCase {
  const common = { suite: 'chatstream.compare', name: 'measurement is complete', output: message };
  return candidate.endedEarly?.cause === 'target-lost'
    ? { ...common, status: 'failed', type: 'lost', message }
    : skipped(common.name, message);
}

function skipped(name: string, message: string): TestCase {
  return { suite: 'chatstream.compare', name, output: message, status: 'skipped', message: `inconclusive: ${message}` };
}

function caseOf(row: ComparedRow, setting: string, plan: Plan): TestCase {
  const { judgement, metric } = row;
  const limit = judgement.type === 'gated' ? ` ${limitText(judgement.threshold)} × baseline` : '';
  const common = { suite: `chatstream.compare.${setting}`, name: metric.id + limit, output: figures(row) };
  if (judgement.type === 'shown') return { ...common, status: 'passed' };
  const { outcome } = judgement;
  switch (outcome.verdict) {
    case 'regression':
      return { ...common, status: 'failed', type: 'regression', message: regressionText(gatedOf(row, judgement)) };
    case 'inconclusive':
      return { ...common, status: 'skipped', message: `inconclusive: ${doubtText(outcome.doubt, row, plan)}` };
    case 'pass':
    case 'improvement':
      return { ...common, status: 'passed' };
  }
}

function gatedOf(row: ComparedRow, judgement: GatedRow['judgement']): GatedRow {
  return { ...row, judgement };
}

function figures(row: ComparedRow): string {
  const { metric, baseline, candidate, ratio, interval } = row;
  return `${rowName(row)}: baseline ${valueText(baseline, metric)}, candidate ${valueText(candidate, metric)}, ratio ${ratioText(ratio, 3)}, 95 % interval ${intervalText(interval, 3)}`;
}
