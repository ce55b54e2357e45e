import { describe, expect, it } from 'vitest';
import { Overtaking } from '../../../../src/core/scheduler/estimates/overtaking.js';

function learn(overtaking: Overtaking, key: string, isFirst: boolean, waitedMs: number, expectedMs = 1000): void {
  for (let count = 0; count < 400; count += 1) overtaking.waited(key, isFirst, waitedMs, expectedMs);
}

describe('how much longer than expected the jobs of a key wait', () => {
  it('is learned for the first of a key and for those behind it', () => {
    const overtaking = new Overtaking();
    learn(overtaking, 'anna', true, 1500);
    learn(overtaking, 'anna', false, 3000);
    learn(overtaking, 'ben', true, 1000);
    expect(overtaking.factorOf('anna', true)).toBeCloseTo(1.5, 1);
    expect(overtaking.factorOf('anna', false)).toBeCloseTo(3, 1);
    // Nothing is known of those behind, so they are taken to be like the first.
    expect(overtaking.factorOf('ben', false)).toBeCloseTo(1, 1);
    expect(overtaking.factorOf('eva', true)).toBe(1);
  });

  it('begins for the one with what is known of the other', () => {
    const overtaking = new Overtaking();
    learn(overtaking, 'ben', true, 1000);
    learn(overtaking, 'anna', false, 4000);
    const before = overtaking.factorOf('anna', true);
    overtaking.waited('anna', true, 4000, 1000);
    expect(overtaking.factorOf('anna', true)).toBeCloseTo(before, 2);
  });

  it('is nothing for the only key, nor is it learned from waits that are too short to say anything', () => {
    const overtaking = new Overtaking();
    learn(overtaking, 'anna', true, 3000);
    learn(overtaking, 'ben', true, 99, 50);
    expect(overtaking.factorOf('anna', true)).toBe(1);
  });

  it('is never more than eightfold', () => {
    const overtaking = new Overtaking();
    learn(overtaking, 'ben', true, 1000);
    learn(overtaking, 'anna', true, 1_000_000);
    expect(overtaking.factorOf('anna', true)).toBeCloseTo(8, 1);
  });
});
