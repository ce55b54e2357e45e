import { describe, expect, it } from 'vitest';
import { PenaltyWindow } from '../../../../../src/core/engine/llama/sampling/penalty-window.js';
import { greedy } from '../../../../support/sampling.js';

describe('PenaltyWindow', () => {
  const count = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  it('is null without penalties', () => {
    expect(PenaltyWindow.for(greedy, [1], [2], 512)).toBeNull();
  });

  it('is the last 64 tokens of prompt and output for a repeat penalty', () => {
    const window = PenaltyWindow.for({ ...greedy, repeatPenalty: 1.1 }, count(0, 100), [], 512);
    expect(window?.tokens).toEqual(count(36, 100));
    window?.push(100);
    expect(window?.tokens).toEqual(count(37, 101));
    const resumed = PenaltyWindow.for({ ...greedy, repeatPenalty: 1.1 }, count(0, 100), [5, 6], 512);
    expect(resumed?.tokens.slice(-3)).toEqual([99, 5, 6]);
  });

  it('is the last 1024 tokens of output for presence and frequency', () => {
    const window = PenaltyWindow.for({ ...greedy, presencePenalty: 1 }, count(0, 100), [7], 512);
    expect(window?.tokens).toEqual([7]);
    for (const token of count(0, 2000)) window?.push(token);
    expect(window?.tokens).toEqual(count(976, 2000));
  });

  it('counts its tokens', () => {
    const window = PenaltyWindow.for({ ...greedy, presencePenalty: 1, penaltyTokens: 3 }, [5], [6, 6], 512);
    expect(Object.fromEntries(window?.counts ?? [])).toEqual({ 5: 1, 6: 2 });
    window?.push(7);
    expect(Object.fromEntries(window?.counts ?? [])).toEqual({ 6: 2, 7: 1 });
    window?.push(6);
    expect(Object.fromEntries(window?.counts ?? [])).toEqual({ 6: 2, 7: 1 });
  });

  it('has the length that a request asks for, of prompt and output, for all penalties', () => {
    const sampling = { ...greedy, presencePenalty: 1, repeatPenalty: 1.1 };
    expect(PenaltyWindow.for({ ...sampling, penaltyTokens: 3 }, [1, 2, 3], [4], 512)?.tokens).toEqual([2, 3, 4]);
    const whole = PenaltyWindow.for({ ...sampling, penaltyTokens: 2 ** 31 - 1 }, count(0, 100), [4], 512);
    expect(whole?.tokens).toHaveLength(101);
    expect(whole?.length).toBe(512);
    expect(PenaltyWindow.for({ ...sampling, penaltyTokens: 0 }, [1], [2], 512)).toBeNull();
  });
});
