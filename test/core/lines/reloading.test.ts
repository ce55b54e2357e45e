import { describe, expect, it } from 'vitest';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { linesApp } from '../../support/lines-app.js';

describe('new terms of keys for several models', () => {
  it('change no line if one of them has no room for their reserves', async () => {
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map() } as const;
    const { lines } = await linesApp({ models: ['chat', 'code'], maxConcurrency: 4, slots: 4, fair });
    const [chat, code] = lines.modelQueues;
    code?.resize({ maxConcurrency: 2 });
    expect(() => {
      lines.configureKeys(new Map([['anna', { ...usualTerms, reserve: 3 }]]));
    }).toThrow('Keys and classes reserve 3 places together: of 2, none would be left for all others.');
    // With the reserve, no place would be left for others.
    chat?.resize({ maxConcurrency: 3 });
    expect(lines.lines.map(({ limits }) => limits.maxConcurrency)).toEqual([3, 2]);
  });
});
