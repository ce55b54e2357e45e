import { describe, expect, it } from 'vitest';
import {
  allCandidates,
  calibrationOf,
  threadCandidates,
  type ThreadTiming,
} from '../../../../../src/core/engine/llama/loading/calibrate.js';

/** What is chosen for one generation and for eight, with eight slots. */
function chosen(timings: readonly ThreadTiming[], allCores = 8): [number, number] {
  const candidates = timings.map(({ threads }) => threads).sort((a, b) => a - b);
  const { best } = calibrationOf(timings, candidates, 8, allCores);
  return [best(1).threads, best(8).threads];
}

describe('threadCandidates', () => {
  it('are one, half of all cores, and all', () => {
    expect(threadCandidates(16, 1e6)).toEqual([1, 8, 16]);
    expect(threadCandidates(2, 1e6)).toEqual([1, 2]);
    expect(threadCandidates(1, 1e6)).toEqual([1]);
  });

  it('leave out one thread for a large model', () => {
    expect(threadCandidates(16, 2 ** 30)).toEqual([8, 16]);
  });
});

describe('allCandidates', () => {
  it('are all cores, half of them, and so on, down to one', () => {
    expect(allCandidates(12)).toEqual([1, 2, 3, 6, 12]);
    expect(allCandidates(2)).toEqual([1, 2]);
    expect(allCandidates(1)).toEqual([1]);
  });
});

describe('a calibration', () => {
  it('chooses for one generation and for full slots', () => {
    const timings = [
      { threads: 2, single: [10], full: [10] },
      { threads: 1, single: [1], full: [12] },
    ];
    expect(chosen(timings)).toEqual([1, 2]);
  });

  it('knows how long the rounds took', () => {
    const { best } = calibrationOf([{ threads: 2, single: [3, 9, 4], full: [20] }], [2], 8, 8);
    expect(best(2).roundMs).toBe(4);
    expect(best(3).roundMs).toBe(20);
  });

  it('prefers fewer threads that are nearly as fast', () => {
    const timings = [
      { threads: 4, single: [10], full: [20] },
      { threads: 2, single: [10.3], full: [20.3] },
      { threads: 1, single: [11], full: [22] },
    ];
    expect(chosen(timings)).toEqual([2, 2]);
  });

  it('is not misled by threads that are sometimes fast although other programs need the cores', () => {
    const busy = [
      { threads: 2, single: [22.3, 24, 20, 31], full: [100, 94.8, 123.9, 95] },
      { threads: 1, single: [22.4, 24.5, 23, 24], full: [113, 116, 109, 109] },
    ];
    expect(chosen(busy, 2)).toEqual([1, 1]);
  });

  it('is not misled by the few rounds that were slow on a quiet machine', () => {
    const timings = [
      { threads: 2, single: [8, 8, 60, 8, 8, 8, 8, 8], full: [36, 36, 36, 200, 36] },
      { threads: 1, single: [11, 11, 11, 11, 11, 11, 11, 11], full: [56, 56, 56, 56, 56] },
    ];
    expect(chosen(timings, 2)).toEqual([2, 2]);
  });

  it('does not compare minima', () => {
    const timings = [
      { threads: 2, single: [1, 200, 200], full: [1, 200, 200] },
      { threads: 1, single: [20, 20, 20], full: [20, 20, 20] },
    ];
    expect(chosen(timings)).toEqual([1, 1]);
  });

  it('takes what is best for one generation if there was no time for full slots', () => {
    const timings = [
      { threads: 2, single: [10], full: [1] },
      { threads: 1, single: [5], full: [] },
    ];
    expect(chosen(timings)).toEqual([1, 1]);
  });

  it('begins with most threads if they were not compared', () => {
    const timings = [
      { threads: 2, single: [10], full: [] },
      { threads: 1, single: [], full: [] },
    ];
    expect(chosen(timings)).toEqual([2, 2]);
  });

  it('leaves a core to HTTP where rounds are short', () => {
    const short = [
      { threads: 2, single: [0.7], full: [3.7] },
      { threads: 1, single: [0.75], full: [6.2] },
    ];
    expect(chosen(short, 2)).toEqual([1, 1]);
    expect(chosen(short, 4)).toEqual([2, 2]);
  });

  it('still uses all cores where rounds are long', () => {
    const long = [
      { threads: 2, single: [80], full: [150] },
      { threads: 1, single: [150], full: [280] },
    ];
    expect(chosen(long, 2)).toEqual([2, 2]);
  });

  it('uses all cores where HTTP is idle during most of a round', () => {
    // SmolLM2-135M on 2 cores: through HTTP, 8.3 and 11.4 ms with one generation, 37 and 68 ms with eight.
    const smollm2 = [
      { threads: 2, single: [8.2], full: [36.5] },
      { threads: 1, single: [11.4], full: [56] },
    ];
    expect(chosen(smollm2, 2)).toEqual([2, 2]);
  });
});
