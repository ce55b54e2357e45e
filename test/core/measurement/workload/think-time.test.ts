import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import { drawThinkMs, formatThinkTime, parseThinkTime } from '../../../../src/core/measurement/workload/think-time.js';

describe('a time to think', () => {
  it.each([
    ['2s', '2s', { type: 'fixed', ms: 2000 }],
    ['2s±1s', '2s±1s', { type: 'normal', mean: 2000, stddev: 1000 }],
    ['2s+-500ms', '2s±500ms', { type: 'normal', mean: 2000, stddev: 500 }],
    ['0.5s - 2.5s', '500ms-2.5s', { type: 'uniform', min: 500, max: 2500 }],
    ['0', '0ms', { type: 'fixed', ms: 0 }],
  ])('reads %s and writes it as %s', (text, written, time) => {
    expect(parseThinkTime(text)).toEqual(time);
    expect(formatThinkTime(parseThinkTime(text))).toBe(written);
    expect(parseThinkTime(written)).toEqual(time);
  });

  it.each(['', 'soon', '2', '3s-1s', '2s±', '±1s', '2s±1s±1s', '48h'])('refuses "%s"', (text) => {
    expect(() => parseThinkTime(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('is never below 0, and has the mean that was asked for', () => {
    const random = seededRandom(7);
    const drawn = Array.from({ length: 4000 }, () => drawThinkMs(parseThinkTime('2s±500ms'), random));
    const few = Array.from({ length: 1000 }, () => drawThinkMs(parseThinkTime('1s±5s'), random));
    expect(drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length / 2000).toBeCloseTo(1, 1);
    expect(Math.min(...few)).toBe(0);
  });
});
