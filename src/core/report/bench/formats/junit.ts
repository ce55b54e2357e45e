import type { Comparison } from '../../../compare/comparison.js';
import { percentText, plural } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import { judgeObjectives, type ObjectiveVerdict } from '../../../measurement/settings/objectives.js';
import { wholeSettingText } from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { isMostlyAnswered, unansweredShare } from '../../../measurement/settings/unanswered.js';
import { incompleteText, stoppedByUser } from '../../../measurement/validity/ended-early.js';
import { comparisonSuites } from '../../compare/junit.js';
import { junitXml, type TestCase } from '../../text/junit-xml.js';
import { overloadSentences } from '../overload.js';

/** A bench as tests: whether each setting was served, whether it met its objectives, and the result of the comparison. */
export function benchJunit(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  comparison: Comparison | null,
): string {
  const objectives = judgeObjectives(result, summaries).map(objectiveCase);
  return junitXml('chatstream bench', [
    ...(result.interrupted ? [{ name: 'measurement', cases: [endCase(result)] }] : []),
    { name: 'requests', cases: summaries.map((summary) => servedCase(result, summary)) },
    ...(objectives.length === 0 ? [] : [{ name: 'objectives', cases: objectives }]),
    ...(comparison === null ? [] : comparisonSuites(comparison)),
  ]);
}

/** That not everything was measured: settings may be missing. */
function endCase({ ended_early: ended = stoppedByUser }: BenchResult): TestCase {
  const message = `${incompleteText('The measurement', ended)}.`;
  const common = { suite: 'chatstream.measurement', name: 'measurement is complete', output: message };
  return ended.cause === 'stopped'
    ? { ...common, status: 'skipped', message }
    : { ...common, status: 'failed', type: 'lost', message };
}

function servedCase(result: BenchResult, summary: SettingSummary): TestCase {
  const { settings, requests } = summary;
  const { completed, refused, failed, timed_out: timedOut } = requests;
  const output = `${plural(completed, 'request')} completed, ${refused} refused, ${failed} failed, ${timedOut} timed out`;
  const common = { suite: 'chatstream.requests', name: wholeSettingText(settings), output };
  const [overload] = overloadSentences(result, [summary]);
  if (overload !== undefined) return { ...common, status: 'failed', type: 'overload', message: overload };
  if (completed === 0) return { ...common, status: 'failed', type: 'unanswered', message: 'No request was completed.' };
  if (!isMostlyAnswered(requests)) {
    const message = `${percentText(unansweredShare(requests))} of the requests had no answer.`;
    return { ...common, status: 'failed', type: 'unanswered', message };
  }
  return { ...common, status: 'passed' };
}

function objectiveCase({ settings, objective, status, finding }: ObjectiveVerdict): TestCase {
  const setting = wholeSettingText(settings);
  const common = { suite: `chatstream.objectives.${setting}`, name: objective, output: `${setting}: ${finding}` };
  if (status === 'met') return { ...common, status: 'passed' };
  return status === 'missed'
    ? { ...common, status: 'failed', type: 'objective', message: `${objective} missed at ${setting}: ${finding}` }
    : { ...common, status: 'skipped', message: `not judged: ${finding}` };
}
