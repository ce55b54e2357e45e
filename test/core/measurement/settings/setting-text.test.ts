import { describe, expect, it } from 'vitest';
import type { Setting } from '../../../../src/core/measurement/result-schema.js';
import {
  dimensionsOf,
  fromLowest,
  isRecommended,
  settingsText,
  settingText,
  wholeSettingText,
} from '../../../../src/core/measurement/settings/setting-text.js';
import { benchResult } from '../../../support/bench-result.js';

function setting(concurrency: number | null, maxConcurrency: number | null, rate: number | null = null): Setting {
  return { concurrency, max_concurrency: maxConcurrency, rate };
}

function named(settings: readonly Setting[]): string {
  return settingsText(settings, dimensionsOf(settings));
}

describe('settings', () => {
  it('are told apart by what varies', () => {
    expect(dimensionsOf([setting(8, 1), setting(8, 2)]).map(({ key }) => key)).toEqual(['max_concurrency']);
    expect(dimensionsOf([setting(1, null), setting(2, null)]).map(({ key }) => key)).toEqual(['concurrency']);
    expect(dimensionsOf([setting(1, 1), setting(2, 4)]).map(({ key }) => key)).toEqual([
      'concurrency',
      'max_concurrency',
    ]);
  });

  it('that stand alone are named by what is known', () => {
    expect(named([setting(8, 4)])).toBe('max-concurrency 4');
    expect(named([setting(8, null)])).toBe('8 clients');
    expect(named([setting(1, null)])).toBe('1 client');
    expect(named([setting(null, null, 12.5)])).toBe('12.5 requests/s');
  });

  it('are listed in one dimension and counted in two', () => {
    expect(named([setting(8, 1), setting(8, 2), setting(8, 4)])).toBe('max-concurrency 1, 2 and 4');
    expect(named([setting(1, 1), setting(2, 2)])).toBe('2 settings');
  });

  it('are listed from the lowest, in whatever order they were measured', () => {
    const rates = [4, 16, 8, 11.3].map((rate) => setting(null, null, rate));
    expect(named(rates)).toBe('4.00, 8.00, 11.3 and 16.0 requests/s');
    expect(named([setting(8, 10), setting(8, 9)])).toBe('max-concurrency 9 and 10');
    const measured = [setting(8, 10), setting(4, 16), setting(8, 9), setting(4, null)];
    expect(fromLowest(measured)).toEqual([setting(4, null), setting(4, 16), setting(8, 9), setting(8, 10)]);
  });

  it('are named in every dimension', () => {
    const two = [setting(8, 1), setting(16, 2)];
    expect(settingText(setting(8, 1), dimensionsOf(two))).toBe('8 clients and max-concurrency 1');
    expect(wholeSettingText(setting(8, 4))).toBe('8 clients and max-concurrency 4');
  });

  it('of a server that was left alone are its own', () => {
    const settings = [setting(8, null), setting(8, 2)];
    expect(settingText(setting(8, null), dimensionsOf(settings))).toBe("the server's own max-concurrency");
  });

  it('are recommended where clients and max-concurrency agree', () => {
    const { result, summaries } = benchResult({
      settings: [4, 8].flatMap((concurrency) => [1, 2].map((maxConcurrency) => ({ concurrency, maxConcurrency }))),
      sweep: { recommendation: { concurrency: 8, max_concurrency: 2, reason: 'it is' } },
    });
    expect(summaries.map((summary) => isRecommended(result, summary))).toEqual([false, false, false, true]);
  });
});
