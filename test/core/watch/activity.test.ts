import { describe, expect, it } from 'vitest';
import { ActivityLog } from '../../../src/core/watch/activity.js';
import type { Reading } from '../../../src/core/watch/watched-server.js';
import { readingAt } from './readings.js';

function logOf(...readings: readonly Reading[]): ActivityLog {
  const log = new ActivityLog();
  for (const reading of readings) log.add(reading);
  return log;
}

describe('the activity of a server', () => {
  it('is unknown after a single reading', () => {
    expect(logOf(readingAt(0, { completed: 7 })).activity).toMatchObject({
      outputTokensPerSecond: null,
      requestsPerSecond: null,
      ttft: { p50: null, p95: null },
      cachedShare: null,
    });
  });

  it('counts tokens of requests that run and that have ended, each once', () => {
    const log = logOf(
      readingAt(0, { running: [10, 20], tokens: { output: 100 } }),
      // The second one has ended with 25 tokens, and another one has begun.
      readingAt(2, { running: [18, 3], tokens: { output: 125 }, completed: 1 }),
    );
    expect(log.activity.outputTokensPerSecond).toBe((18 + 3 + 125 - 130) / 2);
    expect(log.activity.requestsPerSecond).toBe(0.5);
  });

  it('counts tokens of all requests, also if only those of one key are listed', () => {
    const log = logOf(
      readingAt(0, { running: [10], unlisted: 100 }),
      // The other one has ended with 130 tokens.
      readingAt(2, { running: [20], tokens: { output: 130 }, completed: 1 }),
    );
    expect(log.activity.outputTokensPerSecond).toBe((10 + 30) / 2);
    expect(log.course.outputTokensPerSecond).toEqual([20]);
  });

  it('has rates of the last 5 seconds, as far as there are readings', () => {
    const log = logOf(...[0, 2, 4, 6, 8, 10].map((at) => readingAt(at, { completed: at <= 4 ? 0 : at * 10 })));
    expect(log.activity.requestsPerSecond).toBe((100 - 0) / 6);
  });

  it('has percentiles of the last minute only', () => {
    const log = logOf(
      readingAt(0, { ttft: [0, 100] }),
      readingAt(30, { ttft: [0, 200] }),
      readingAt(95, { ttft: [1000, 200] }),
    );
    // All thousand of this minute were faster than 100 ms.
    expect(log.activity.ttft).toEqual({ p50: 50, p95: 95 });
  });

  it('has the share of the prompts that was cached', () => {
    const log = logOf(readingAt(0), readingAt(1, { tokens: { prompt: 200, cached: 150 } }));
    expect(log.activity.cachedShare).toBe(0.75);
  });

  it('begins anew with a server that counts from zero again', () => {
    const log = logOf(readingAt(0, { completed: 50 }), readingAt(1, { completed: 60 }), readingAt(2, { completed: 1 }));
    expect(log.activity.requestsPerSecond).toBeNull();
    expect(log.course.waiting).toHaveLength(1);
  });
});

describe('the course of a server', () => {
  it('has a value for each reading, and a rate for each two', () => {
    const log = logOf(
      readingAt(0, { running: [0], waiting: 3 }),
      readingAt(1, { running: [5], waiting: 2 }),
      readingAt(3, { running: [25, 0], waiting: 0 }),
    );
    expect(log.course).toEqual({ outputTokensPerSecond: [5, 10], running: [1, 1, 2], waiting: [3, 2, 0] });
  });

  it('is bounded, and covers at least the time of the percentiles', () => {
    const log = logOf(...Array.from({ length: 2000 }, (_, index) => readingAt(index / 10, { completed: index })));
    expect(log.course.running.length).toBeGreaterThanOrEqual(600);
    expect(log.course.running.length).toBeLessThan(610);
  });
});
