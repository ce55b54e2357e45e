import { listed, plural } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/setting-text.js';
import type { Comparison } from '../../compare/comparison.js';
import { trialsText } from './words.js';

/** `5 trials on each side, measured in turns`. */
export function howMeasured({ rows, interleaved }: Comparison): string {
  const counts = (side: 'baseline' | 'candidate'): readonly number[] => rows.map(({ trials }) => trials[side]);
  const [baseline, candidate] = [Math.min(...counts('baseline')), Math.min(...counts('candidate'))];
  const order = interleaved ? 'measured in turns' : 'measured one after the other';
  const trials = rows.length === 0 ? 'no trials' : trialsText({ baseline, candidate });
  return `${trials}, ${order}`;
}

/** The setting, where there is only one and the table does not name it. */
export function settingsBeside({ rows }: Comparison): string {
  const texts = new Set(rows.map(({ settings }) => wholeSettingText(settings)));
  const [only = ''] = texts;
  return texts.size === 1 ? only : '';
}

/** A sentence for each side that has measured what the other has not. */
export function unmatchedTexts({ unmatched }: Comparison): readonly string[] {
  return (['baseline', 'candidate'] as const).flatMap((side) => {
    const settings = unmatched[side];
    if (settings.length === 0) return [];
    const which = settings.length > 4 ? plural(settings.length, 'setting') : settings.map(wholeSettingText).join('; ');
    return [`Only the ${side} has measured ${which}; that is not compared.`];
  });
}

/** What differs and was allowed, in a sentence. */
export function differencesText({ differences }: Comparison): readonly string[] {
  if (differences.length === 0) return [];
  const each = differences.map(({ field, baseline, candidate }) => `${field} (${baseline} and ${candidate})`);
  return [`They differ in ${listed(each)}, which was allowed.`];
}
