import { describe, expect, it } from 'vitest';
import type { PromptCache } from '../../../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../../../src/core/measurement/settings/summarise.js';
import { toMarkdown } from '../../../../../src/core/report/bench/formats/markdown.js';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { toHtml } from '../../../../../src/core/report/html/page.js';
import { benchResult } from '../../../../support/bench-result.js';

/** The reports on runs with these cached shares. */
async function reportsOf(shares: readonly number[], source: PromptCache['source'] = 'usage'): Promise<string[]> {
  const { result } = benchResult({
    settings: shares.map((_, index) => ({ maxConcurrency: index + 1, completed: 50 })),
  });
  const runs = result.runs.map((run, index) => {
    const share = shares[index] ?? 0;
    return { ...run, prompt_cache: { cached_tokens: share * 1000, prompt_tokens: 1000, share, source } };
  });
  const summaries = summarise(runs);
  const withCache = { ...result, runs };
  const terminal = renderReport(withCache, summaries, { colour: false, width: 100 }).replaceAll(/\s+/g, ' ');
  return [terminal, toMarkdown(withCache, summaries), await toHtml(withCache, summaries)];
}

describe('the note on cached prompt tokens', () => {
  it('is in every report, with the shares of all settings', async () => {
    for (const report of await reportsOf([0.97]))
      expect(report).toContain('had 97 % of the prompt tokens in its cache.');
    for (const report of await reportsOf([0.05, 0.97]))
      expect(report).toContain('had 5 % to 97 % of the prompt tokens');
  });

  it('says if the server counted them', async () => {
    for (const report of await reportsOf([0.5], 'aggregate'))
      expect(report).toContain('in its cache, by its own counters.');
  });

  it('is missing if next to nothing was cached', async () => {
    for (const report of await reportsOf([0.01])) expect(report).not.toContain('in its cache');
  });
});
