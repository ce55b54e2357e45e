import { describe, expect, it } from 'vitest';
import { chooseThreads, threadCandidates } from '../../../../src/core/engine/llama/calibrate.js';

describe('threadCandidates', () => {
  it('are all cores, half of them, and one', () => {
    expect(threadCandidates(16, 1e6)).toEqual([16, 8, 1]);
    expect(threadCandidates(2, 1e6)).toEqual([2, 1]);
    expect(threadCandidates(1, 1e6)).toEqual([1]);
  });

  it('leave out one thread for a large model', () => {
    expect(threadCandidates(16, 2 ** 30)).toEqual([16, 8]);
  });
});

describe('chooseThreads', () => {
  it('gives one generation and full slots the same weight', () => {
    const timings = [
      { threads: 2, single: [10], full: [10] },
      { threads: 1, single: [1], full: [12] },
    ];
    expect(chooseThreads(timings, 8)).toBe(1);
    expect(chooseThreads([...timings, { threads: 4, single: [9], full: [1] }], 8)).toBe(4);
  });

  it('prefers fewer threads that are as fast', () => {
    const timings = [
      { threads: 4, single: [10], full: [20] },
      { threads: 2, single: [10.3], full: [20.3] },
      { threads: 1, single: [11], full: [22] },
    ];
    expect(chooseThreads(timings, 8)).toBe(2);
  });

  it('compares medians', () => {
    const timings = [
      { threads: 2, single: [1, 200, 200], full: [1, 200, 200] },
      { threads: 1, single: [20, 20, 20], full: [20, 20, 20] },
    ];
    expect(chooseThreads(timings, 8)).toBe(1);
  });

  it('compares one generation if there was no time for full slots', () => {
    const timings = [
      { threads: 2, single: [10], full: [1] },
      { threads: 1, single: [5], full: [] },
    ];
    expect(chooseThreads(timings, 8)).toBe(1);
  });

  it('ignores candidates that were not measured', () => {
    expect(
      chooseThreads(
        [
          { threads: 2, single: [10], full: [] },
          { threads: 1, single: [], full: [] },
        ],
        8,
      ),
    ).toBe(2);
    expect(chooseThreads([], 8)).toBeNull();
  });

  it('leaves a core to HTTP where rounds are short', () => {
    const short = [
      { threads: 2, single: [0.7], full: [3.7] },
      { threads: 1, single: [0.75], full: [6.2] },
    ];
    expect(chooseThreads(short, 2)).toBe(1);
    expect(chooseThreads(short, 4)).toBe(2);
    const long = [
      { threads: 2, single: [9.5], full: [45] },
      { threads: 1, single: [13], full: [72] },
    ];
    expect(chooseThreads(long, 2)).toBe(2);
  });
});
