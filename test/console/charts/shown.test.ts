import { afterEach, describe, expect, it } from 'vitest';
import type { HistorySample } from '../../../console/src/api/wire.js';
import { choose, chosenAtMs, past, shownIndex } from '../../../console/src/charts/shown.js';
import { pastOf, sampleAt } from './samples.js';

afterEach(() => {
  choose(undefined);
  past.value = undefined;
});

const samplesFrom = (first: number): HistorySample[] =>
  Array.from({ length: 4 }, (_, index) => sampleAt((first + index) * 5000));

describe('the moment that the charts show', () => {
  it('is the newest, unless one is chosen', () => {
    past.value = pastOf(samplesFrom(0));
    expect(shownIndex.value).toBe(3);
    choose(1);
    expect(shownIndex.value).toBe(1);
    choose(undefined);
    expect(shownIndex.value).toBe(3);
  });

  it('stays the same when the oldest samples are forgotten for new ones', () => {
    past.value = pastOf(samplesFrom(0));
    choose(2);
    past.value = pastOf(samplesFrom(1));
    expect(past.value.samples[shownIndex.value]?.at_ms).toBe(10_000);
    past.value = pastOf(samplesFrom(2));
    expect(shownIndex.value).toBe(0);
  });

  it('is the oldest one that is left when it has been forgotten itself', () => {
    past.value = pastOf(samplesFrom(0));
    choose(0);
    past.value = pastOf(samplesFrom(2));
    expect([chosenAtMs.value, shownIndex.value]).toEqual([0, 0]);
  });
});
