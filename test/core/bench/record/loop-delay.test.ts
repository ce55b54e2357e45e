import { afterEach, describe, expect, it } from 'vitest';
import { LoopDelay } from '../../../../src/core/bench/record/loop-delay.js';
import type { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { until } from '../../../support/until.js';

let delay: LoopDelay | undefined;
afterEach(async () => {
  await delay?.close();
});

/** Begins, and waits until it has noticed something. */
async function begun(): Promise<LoopDelay> {
  delay = await LoopDelay.open();
  delay.begin();
  await noticed(delay, 1);
  return delay;
}

async function noticed(loopDelay: LoopDelay, calls: number): Promise<LatencyHistogram> {
  const histogram = loopDelay.histogram;
  await until(() => histogram.count >= calls, `${calls} calls`);
  return histogram;
}

/** Blocks the event loop, as a busy load generator does. */
function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('the delay of the event loop', () => {
  it('counts every call that waited while the loop was blocked, not just one', async () => {
    const loopDelay = await begun();
    loopDelay.reset();
    blockFor(500);
    const histogram = await noticed(loopDelay, 10);
    const late = [...histogram.cells()].filter(({ upToMs }) => upToMs > 20);
    expect(late.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(3);
    expect(histogram.maxMs).toBeLessThan(60_000);
  });

  it('is forgotten at the end of the warm-up', async () => {
    const loopDelay = await begun();
    blockFor(200);
    await noticed(loopDelay, 10);
    loopDelay.reset();
    expect(loopDelay.end().count).toBe(0);
  });

  it('can be measured again', async () => {
    const loopDelay = await begun();
    loopDelay.end();
    loopDelay.begin();
    expect((await noticed(loopDelay, 5)).count).toBeGreaterThanOrEqual(5);
  });
});
