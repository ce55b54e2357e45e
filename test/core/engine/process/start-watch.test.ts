import { describe, expect, it } from 'vitest';
import { type SlowStart, StartWatch } from '../../../../src/core/engine/process/start-watch.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

interface Stage {
  readonly clock: VirtualClock;
  readonly watch: StartWatch;
  readonly reports: readonly SlowStart[];
}

function stage(): Stage {
  const clock = new VirtualClock();
  const reports: SlowStart[] = [];
  const watch = new StartWatch(30_000, clock, (slow) => reports.push(slow));
  watch.begin();
  return { clock, watch, reports };
}

describe('the watch over a start', () => {
  it('says nothing about one that is over in time', async () => {
    const { clock, watch, reports } = stage();
    await clock.advanceAsync(29_000);
    watch.end();
    await clock.advanceAsync(100_000);
    expect(reports).toEqual([]);
  });

  it('reports every interval what is being done, and whether that advances', async () => {
    const { clock, watch, reports } = stage();
    watch.progressed({ step: 'library' });
    watch.progressed({ step: 'weights', percent: 12 });
    await clock.advanceAsync(30_000);
    watch.progressed({ step: 'weights', percent: 40 });
    await clock.advanceAsync(30_000);
    await clock.advanceAsync(30_000);
    watch.end();
    await clock.advanceAsync(100_000);
    expect(reports).toEqual([
      { waitedMs: 30_000, loading: { step: 'weights', percent: 12 }, unchangedMs: 0 },
      { waitedMs: 60_000, loading: { step: 'weights', percent: 40 }, unchangedMs: 0 },
      { waitedMs: 90_000, loading: { step: 'weights', percent: 40 }, unchangedMs: 60_000 },
    ]);
  });

  it('reports a process that has said nothing', async () => {
    const { clock, reports } = stage();
    await clock.advanceAsync(30_000);
    expect(reports).toEqual([{ waitedMs: 30_000, loading: null, unchangedMs: 30_000 }]);
  });
});
