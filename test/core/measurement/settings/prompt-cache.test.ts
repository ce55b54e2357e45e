import { describe, expect, it } from 'vitest';
import type { PromptCache, Run } from '../../../../src/core/measurement/result-schema.js';
import {
  cachedShareDifference,
  cachedShareOf,
  mergedPromptCache,
} from '../../../../src/core/measurement/settings/prompt-cache.js';

function run(cached: number, source: PromptCache['source'] = 'usage', all = 100): Pick<Run, 'prompt_cache'> {
  return { prompt_cache: { cached_tokens: cached, prompt_tokens: all, share: cached / all, source } };
}

describe('the prompt cache of several runs', () => {
  it('is that of all their prompt tokens, with the least exact source', () => {
    expect(mergedPromptCache([run(50), run(0, 'aggregate', 300), {}])).toEqual({
      cached_tokens: 50,
      prompt_tokens: 400,
      share: 0.125,
      source: 'aggregate',
    });
  });

  it('is not known if no run says', () => {
    expect(cachedShareOf([{}, { prompt_cache: null }])).toBeNull();
    expect(cachedShareOf([])).toBeNull();
  });
});

describe('two sides with different shares', () => {
  it('are named with both shares', () => {
    expect(cachedShareDifference([run(0)], [run(97), run(95)])).toBe(
      '0 % of the prompt tokens were cached on the baseline, 96 % on the candidate',
    );
    expect(cachedShareDifference([run(30)], [{}])).toContain('30 % of the prompt tokens');
    expect(cachedShareDifference([{}], [run(30)])).toContain('an unknown share of the prompt tokens');
  });

  it('are comparable within 5 percentage points, or if nothing is known', () => {
    expect(cachedShareDifference([run(10)], [run(15)])).toBeNull();
    expect(cachedShareDifference([run(10)], [run(15.1)])).not.toBeNull();
    expect(cachedShareDifference([{}], [run(4)])).toBeNull();
    expect(cachedShareDifference([{}], [{ prompt_cache: null }])).toBeNull();
  });
});
