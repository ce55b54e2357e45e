import { describe, expect, it } from 'vitest';
import { measureLonger } from '../../../../src/core/measurement/validity/measure-longer.js';

const usual = { duration_ms: 10_000, requests: null, warmup_ms: 1000 };
const stages = [{ from_rate: 1, to_rate: 8, duration_ms: 10_000 }];
/** 40 s of a trace in 20 s. */
const trace = { format: 'azure', rows: 100, seconds: 40, speed: 2, session_rows: 'none' } as const;

describe('how to measure for longer', () => {
  it('is by the duration, rounded up to what people type', () => {
    expect(measureLonger(usual, { of: 'time' })).toBe('measure for longer (-d)');
    expect(measureLonger(usual, { of: 'requests', seconds: 31.2 })).toBe('measure for about 40 s (-d)');
    expect(measureLonger(usual, { of: 'time', seconds: 95 })).toBe('measure for about 1.6 min (-d)');
  });

  it.each([
    [30.000000000000004, 'about 30 s'],
    [30.1, 'about 40 s'],
    [0.30000000000000004, 'about 300 ms'],
    [12.000000000000002, 'about 12 s'],
    [1000.0000000000001, 'about 17 min'],
  ])('is not rounded up because of the error of a sum: %d s', (seconds, text) => {
    expect(measureLonger(usual, { of: 'time', seconds })).toBe(`measure for ${text} (-d)`);
  });

  it.each([0, -1, NaN, Infinity])('gives no duration where none is known: %d s', (seconds) => {
    expect(measureLonger(usual, { of: 'time', seconds })).toBe('measure for longer (-d)');
    expect(measureLonger({ ...usual, stages }, { of: 'time', seconds })).not.toContain('about');
  });

  it('is by the stages where they set the duration, which is refused beside them', () => {
    expect(measureLonger({ ...usual, stages }, { of: 'time' })).toBe('make the stages longer (--stages or --ramp)');
    expect(measureLonger({ ...usual, stages }, { of: 'requests', seconds: 31.2 })).toBe(
      'make the stages longer (--stages or --ramp), about 40 s altogether',
    );
  });

  it('is by the number of requests where that was given', () => {
    const counted = { ...usual, duration_ms: null, requests: 50 };
    expect(measureLonger(counted, { of: 'time' })).toBe('measure more requests (-r)');
    expect(measureLonger(counted, { of: 'time', seconds: 57 })).toBe('measure more requests (-r)');
  });

  it('is by the trace once all of it was replayed', () => {
    const whole = { ...usual, duration_ms: 19_000, trace };
    expect(measureLonger(whole, { of: 'time' })).toBe('replay a longer trace or this one at a lower --speed');
    expect(measureLonger(whole, { of: 'time', seconds: 50 })).toBe(
      'replay a longer trace, of about 50 s, or this one at a lower --speed',
    );
    expect(measureLonger(whole, { of: 'requests', seconds: 50 })).toBe('replay a longer trace, of about 50 s');
  });

  it('is by the duration where only the beginning of a trace was replayed', () => {
    const cut = { ...usual, trace };
    expect(measureLonger(cut, { of: 'requests' })).toBe('measure for longer (-d)');
    expect(measureLonger(cut, { of: 'requests', seconds: 18 })).toBe('measure for about 18 s (-d)');
    expect(measureLonger(cut, { of: 'requests', seconds: 20 })).toBe('replay a longer trace, of about 20 s');
  });
});
