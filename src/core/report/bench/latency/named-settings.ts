import { bySetting } from '../../../measurement/by-setting.js';
import type { BenchResult, Run } from '../../../measurement/result-schema.js';
import { dimensionsOf, settingText, settingValue } from '../../../measurement/settings/setting-text.js';

/** A setting with its trials, and how it differs from the others. */
export interface NamedSetting {
  /** In a sentence. */
  readonly text: string;
  /** In a column with this heading. */
  readonly cell: string;
  readonly heading: string;
  readonly trials: readonly Run[];
}

/** All settings that were measured, in the order of their runs. */
export function namedSettings({ runs }: Pick<BenchResult, 'runs'>): readonly NamedSetting[] {
  const settings = [...bySetting(runs).values()];
  const by = dimensionsOf(settings.flatMap(([first]) => first?.settings ?? []));
  return settings.flatMap((trials) => {
    const [first] = trials;
    if (first === undefined) return [];
    const cell = by.map((dimension) => settingValue(first.settings, dimension)).join(', ');
    const heading = by.map(({ name }) => name).join(', ');
    return [{ text: settingText(first.settings, by), cell, heading, trials }];
  });
}
