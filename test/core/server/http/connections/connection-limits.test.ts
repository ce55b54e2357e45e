import { describe, expect, it } from 'vitest';
import {
  connectionLimits,
  connectionLimitsOfProcess,
} from '../../../../../src/core/server/http/connections/connection-limits.js';

describe('the limits of connections', () => {
  it('leave descriptors for the engine and for refusals', () => {
    expect(connectionLimits(1024, 30)).toEqual({ most: 866, mostIdle: 866, beyond: 64 });
    expect(connectionLimits(256, 30)).toEqual({ most: 162, mostIdle: 162, beyond: 32 });
  });

  it('bound idle connections where there are descriptors without end', () => {
    expect(connectionLimits(1_048_576, 30)).toEqual({ most: 1_048_034, mostIdle: 10_000, beyond: 256 });
  });

  it('let a few connections in whatever the descriptors', () => {
    expect(connectionLimits(64, 30).most).toBe(16);
  });

  it('come from this process', () => {
    const { most, mostIdle, beyond } = connectionLimitsOfProcess();
    expect(most).toBeGreaterThanOrEqual(16);
    expect(mostIdle).toBeLessThanOrEqual(most);
    expect(beyond).toBeGreaterThanOrEqual(32);
  });
});
