import { describe, expect, it } from 'vitest';
import { RunningRate } from '../../../../src/core/engine/prompt-cache/running-rate.js';

describe('RunningRate', () => {
  it('expects nothing before it has seen anything', () => {
    expect(new RunningRate().expectMs(10, 0)).toBeNull();
  });

  it('expects what it has seen, in proportion', () => {
    const rate = new RunningRate();
    rate.observe(100, 50, 0);
    expect(rate.expectMs(10, 0)).toBe(5);
  });

  it('follows a change, and is not led astray by one slow moment', () => {
    const rate = new RunningRate();
    for (let round = 0; round < 20; round += 1) rate.observe(100, 50, 0);
    rate.observe(100, 500, 0);
    expect(rate.expectMs(100, 0)).toBeLessThan(150);
    for (let round = 0; round < 20; round += 1) rate.observe(100, 500, 0);
    expect(rate.expectMs(100, 0)).toBeGreaterThan(450);
  });

  it('forgets what it saw more than a minute ago', () => {
    const rate = new RunningRate();
    rate.observe(100, 50, 1000);
    expect(rate.expectMs(100, 61_000)).toBe(50);
    expect(rate.expectMs(100, 61_001)).toBeNull();
  });
});
