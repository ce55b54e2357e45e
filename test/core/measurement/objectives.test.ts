import { describe, expect, it } from 'vitest';
import { parseObjective } from '../../../src/core/measurement/objectives.js';

describe('parseObjective', () => {
  it.each([
    ['ttft.p95<500ms', { text: 'ttft.p95<500ms', metric: 'ttft', percentile: 'p95', belowMs: 500 }],
    ['e2e < 5s', { text: 'e2e<5s', metric: 'e2e', percentile: null, belowMs: 5000 }],
    [
      'queue_wait.p99.9<1m',
      { text: 'queue_wait.p99.9<1m', metric: 'queue_wait', percentile: 'p99_9', belowMs: 60_000 },
    ],
  ])('reads %s', (text, objective) => {
    expect(parseObjective(text)).toEqual(objective);
  });

  it.each(['', 'ttft', 'ttft<500', 'ttft>500ms', 'ttf<1s', 'ttft.p42<1s', 'ttft.mean<1s'])('refuses "%s"', (text) => {
    expect(() => parseObjective(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
