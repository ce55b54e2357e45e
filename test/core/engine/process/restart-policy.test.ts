import { describe, expect, it } from 'vitest';
import { RestartPolicy } from '../../../../src/core/engine/process/restart-policy.js';

describe('restart policy', () => {
  it('forgets a death after a minute', () => {
    const policy = new RestartPolicy();
    for (let minute = 0; minute < 5; minute += 1) {
      expect(policy.died(minute * 60_000, true)).toEqual({ type: 'restart', attempt: 1, delayMs: 100 });
      policy.recovered();
    }
  });

  it('gives up at the fourth death within a minute', () => {
    const policy = new RestartPolicy();
    const decisions = [0, 19_000, 38_000, 59_999].map((ms) => {
      const { type } = policy.died(ms, true);
      policy.recovered();
      return type;
    });
    expect(decisions).toEqual(['restart', 'restart', 'restart', 'give_up']);
  });

  it('gives up when three starts in a row fail, however long they take', () => {
    const policy = new RestartPolicy();
    policy.died(0, true);
    expect(policy.died(100_000, false)).toMatchObject({ attempt: 2 });
    expect(policy.died(200_000, false)).toMatchObject({ attempt: 3 });
    expect(policy.died(300_000, false)).toEqual({ type: 'give_up', retryMs: 60_000 });
    expect(policy.died(400_000, false)).toEqual({ type: 'give_up', retryMs: 60_000 });
  });

  it('starts with a clean record when it recovers after giving up', () => {
    const policy = new RestartPolicy();
    for (let death = 0; death < 4; death += 1) policy.died(death, true);
    policy.recovered();
    expect(policy.died(10, true)).toEqual({ type: 'restart', attempt: 1, delayMs: 100 });
  });
});
