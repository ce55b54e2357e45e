import { describe, expect, it, vi } from 'vitest';
import { hedged } from '../../../../../src/core/engine/llama/library/hedge.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const afterMs = 1000;
const never = new Promise<string>(() => undefined);

/** Attempts with these outcomes, one after the other. */
function attempts(...outcomes: readonly Promise<string>[]) {
  for (const outcome of outcomes) outcome.catch(() => undefined);
  const start = vi.fn<() => Promise<string>>();
  for (const outcome of outcomes) start.mockReturnValueOnce(outcome);
  return start;
}

describe('hedged', () => {
  it('starts once what succeeds in time', async () => {
    const clock = new VirtualClock();
    const start = attempts(Promise.resolve('first'));
    await expect(hedged(start, afterMs, clock)).resolves.toBe('first');
    await clock.advanceAsync(afterMs);
    expect(start).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  it('reports at once what fails in time', async () => {
    const clock = new VirtualClock();
    const start = attempts(Promise.reject(new Error('broken')));
    await expect(hedged(start, afterMs, clock)).rejects.toThrow('broken');
    expect(clock.pending).toBe(0);
  });

  it('takes a second attempt for one that hangs', async () => {
    const clock = new VirtualClock();
    const start = attempts(never, Promise.resolve('second'));
    const result = hedged(start, afterMs, clock);
    await clock.advanceAsync(afterMs - 1);
    expect(start).toHaveBeenCalledTimes(1);
    await clock.advanceAsync(1);
    await expect(result).resolves.toBe('second');
  });

  it('still takes a first attempt that was only slow', async () => {
    const clock = new VirtualClock();
    const slow = new Promise<string>((resolve) =>
      clock.schedule(afterMs + 1, () => {
        resolve('first');
      }),
    );
    const result = hedged(attempts(slow, never), afterMs, clock);
    await clock.advanceAsync(afterMs + 1);
    await expect(result).resolves.toBe('first');
  });

  it('gives the reason of the first attempt if both fail, whichever ends first', async () => {
    const clock = new VirtualClock();
    const fails = (ms: number, message: string) =>
      new Promise<string>((_, reject) =>
        clock.schedule(ms, () => {
          reject(new Error(message));
        }),
      );
    const firstLater = hedged(attempts(fails(3000, 'first'), fails(2000, 'second')), afterMs, clock);
    const secondLater = hedged(attempts(fails(2000, 'first'), fails(3000, 'second')), afterMs, clock);
    const outcomes = Promise.allSettled([firstLater, secondLater]);
    await clock.advanceAsync(3000);
    expect(await outcomes).toMatchObject([{ reason: { message: 'first' } }, { reason: { message: 'first' } }]);
  });
});
