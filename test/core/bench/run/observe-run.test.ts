import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { observeRun } from '../../../../src/core/bench/run/observe-run.js';
import type { SeenLimit } from '../../../../src/core/bench/target/limit-watch.js';

type Lengths = { readonly running: number; readonly waiting: number; readonly limit?: SeenLimit } | null;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server elsewhere that says these things when it is asked, and then the last one again and again. */
function serverThatSays(...answers: readonly Lengths[]): { asked: number; target: Parameters<typeof observeRun>[0] } {
  const server = {
    asked: 0,
    target: {
      queues: {
        name: 'GET /v1/queue',
        everyMs: 250,
        read: () => Promise.resolve(answers[Math.min((server.asked += 1), answers.length) - 1] ?? null),
      },
      description: { url: 'http://192.0.2.1:8080' },
    } as Parameters<typeof observeRun>[0],
  };
  return server;
}

describe('a server that is watched beside the load', () => {
  it('is asked again if it does not answer at first', async () => {
    const server = serverThatSays(null, null, { running: 4, waiting: 2 });
    const stop = observeRun(server.target, 4);
    await vi.advanceTimersByTimeAsync(1000);
    const { source, lengths } = stop();
    expect(source).toBe('GET /v1/queue');
    expect(lengths.slice(0, 3).map(({ running, waiting }) => [running, waiting])).toEqual([
      [null, null],
      [null, null],
      [4, 2],
    ]);
  });

  it('is left alone when it has not said it three times', async () => {
    const server = serverThatSays(null);
    const stop = observeRun(server.target, 4);
    await vi.advanceTimersByTimeAsync(5000);
    expect(stop().source).toBeNull();
    expect(server.asked).toBe(3);
  });

  it('is asked on when it fails later', async () => {
    const server = serverThatSays({ running: 1, waiting: 0 }, null, null, null, { running: 3, waiting: 0 });
    const stop = observeRun(server.target, 4);
    await vi.advanceTimersByTimeAsync(2000);
    expect(stop().lengths.at(-1)).toMatchObject({ running: 3 });
  });

  it('notices that its max-concurrency was changed meanwhile, but not afterwards', async () => {
    const at = (maxConcurrency: number): Lengths => ({ running: 1, waiting: 0, limit: { maxConcurrency, slots: 8 } });
    const changed = observeRun(serverThatSays(at(4), at(4), at(2)).target, 4);
    await vi.advanceTimersByTimeAsync(1000);
    expect(changed().limitChange).toEqual({ from: 4, to: 2 });
    const kept = observeRun(serverThatSays(at(4), at(4), at(2)).target, 4);
    await vi.advanceTimersByTimeAsync(300);
    expect(kept().limitChange).toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kept().limitChange).toBeNull();
  });
});
