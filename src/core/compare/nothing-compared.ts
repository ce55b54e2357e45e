import { bySetting } from '../measurement/by-setting.js';
import type { Run } from '../measurement/result-schema.js';
import { fromLowest, wholeSettingText } from '../measurement/settings/setting-text.js';
import type { ComparedRow, Comparison } from './comparison.js';
import type { Side } from './side.js';

/** What was measured on both sides. */
type Measured = Readonly<Record<'baseline' | 'candidate', Pick<Side, 'runs'>>>;

/** Why no figure has a ratio or a verdict, as a sentence without its full stop; null if one has. */
export function nothingCompared({ rows, baseline, candidate }: Measured & Pick<Comparison, 'rows'>): string | null {
  if (rows.some(isCompared)) return null;
  // Other rows without a ratio are left out.
  if (rows.length > 0) return 'a limit that was not found cannot be compared';
  const after = bySetting(candidate.runs);
  const common = [...bySetting(baseline.runs)].filter(([key]) => after.has(key));
  if (common.length === 0) return noCommonSetting({ baseline, candidate });
  const answers = {
    baseline: common.some(([, runs]) => hasAnswers(runs)),
    candidate: common.some(([key]) => hasAnswers(after.get(key) ?? [])),
  };
  if (!answers.baseline && !answers.candidate) return 'no request was completed on either side';
  if (!answers.baseline) return 'the baseline completed no request';
  if (!answers.candidate) return 'the candidate completed no request';
  return 'no figure is known on both sides';
}

/** Whether a row contains anything: for limits of searches, there may be an interval without a ratio. */
export function isCompared({ ratio, interval, judgement }: ComparedRow): boolean {
  return judgement.type === 'gated' || ratio !== null || interval !== null;
}

/** Which settings each side has, if they have none in common: a sentence without its full stop. */
export function noCommonSetting({ baseline, candidate }: Measured): string {
  return `baseline and candidate have no setting in common: ${settingsOf(baseline)} in the baseline, ${settingsOf(candidate)} in the candidate`;
}

function hasAnswers(runs: readonly Run[]): boolean {
  return runs.some(({ requests }) => requests.completed > 0);
}

function settingsOf({ runs }: Pick<Side, 'runs'>): string {
  const settings = fromLowest([...bySetting(runs).values()].flatMap(([first]) => first?.settings ?? []));
  return settings.length === 0 ? 'nothing' : settings.map(wholeSettingText).join('; ');
}
