import { describe, expect, it, vi } from 'vitest';
import { serveUntilStopped, type Stopped } from '../../../src/cli/serve/serve-until-stopped.js';
import type { Logger } from '../../../src/core/base/logger.js';

const totals = { completed: 3, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };

interface Ended {
  readonly result: Stopped;
  readonly drain: ReturnType<typeof vi.fn>;
  readonly warnings: readonly unknown[];
  readonly infos: readonly unknown[];
}

/** Ends a server that runs two generations, of which some do not end in time. */
async function end(abandoned: number, second?: NodeJS.Signals): Promise<Ended> {
  const [info, warn] = [vi.fn(), vi.fn()];
  const logger: Logger = { debug: vi.fn(), info, warn, error: vi.fn() };
  let atSecond: (signal: NodeJS.Signals) => void = () => undefined;
  const drain = vi.fn(() => {
    if (second !== undefined) atSecond(second);
    return Promise.resolve(abandoned);
  });
  const signals = {
    signalled: Promise.resolve('SIGTERM' as const),
    beforeEnd: (callback: typeof atSecond) => {
      atSecond = callback;
    },
  };
  const result = await serveUntilStopped({ running: () => 2, drain, totals }, signals, 5000, logger);
  const textOf = ([, text]: readonly unknown[]): unknown => text;
  return { result, drain, warnings: warn.mock.calls.map(textOf), infos: info.mock.calls.map(textOf) };
}

describe('a server that is told to end', () => {
  it('drains for as long as it may, and ends with its totals', async () => {
    const { result, drain, warnings, infos } = await end(0);
    expect(drain).toHaveBeenCalledExactlyOnceWith(5000);
    expect(result).toEqual({ event: 'stopped', abandoned: 0, totals });
    expect(infos).toEqual(['draining: a second signal ends the process at once', 'stopped']);
    expect(warnings).toEqual([]);
  });

  it('says how many generations were cut off', async () => {
    const { result, warnings } = await end(2);
    expect(result.abandoned).toBe(2);
    expect(warnings).toEqual(['generations were cut off at the end of --drain-timeout']);
  });

  it('says what a second signal cuts off, right before the process ends', async () => {
    const { warnings } = await end(0, 'SIGINT');
    expect(warnings).toEqual(['a second signal: the process ends now, and running generations are cut off']);
  });
});
