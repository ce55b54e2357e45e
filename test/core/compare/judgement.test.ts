import { describe, expect, it } from 'vitest';
import { judge, tendencyOf } from '../../../src/core/compare/judgement.js';
import { parseThreshold } from '../../../src/core/compare/threshold.js';

const latency = parseThreshold('ttft.p95>10%');
const rate = parseThreshold('output_tokens_per_second<5%');

describe('a verdict', () => {
  it.each([
    ['a latency beyond the limit', latency, 1.101, 1.3, 'regression'],
    ['a latency that contains the limit', latency, 0.9, 1.101, 'inconclusive'],
    ['a latency that begins at the limit', latency, 1.1, 1.3, 'inconclusive'],
    ['a latency that ends at the limit', latency, 1.02, 1.1, 'pass'],
    ['a latency on the good side', latency, 0.85, 0.95, 'pass'],
    ['a latency beyond as much on the good side', latency, 0.7, 0.89, 'improvement'],
    ['a rate beyond the limit', rate, 0.8, 0.949, 'regression'],
    ['a rate that contains the limit', rate, 0.94, 1.2, 'inconclusive'],
    ['a rate within the limit', rate, 0.95, 1.2, 'pass'],
    ['a rate beyond as much on the good side', rate, 1.06, 1.2, 'improvement'],
  ] as const)('on %s', (_, threshold, lower, upper, verdict) => {
    expect(judge({ lower, upper }, threshold).verdict).toBe(verdict);
  });

  it('is never an improvement where nothing may get worse at all', () => {
    expect(judge({ lower: 0.5, upper: 0.6 }, parseThreshold('ttft.p95>0%')).verdict).toBe('pass');
  });
});

describe('a tendency', () => {
  it('needs an interval without 1, and knows which side is the bad one', () => {
    expect(tendencyOf({ lower: 1.01, upper: 2 }, 'latency')).toBe('worse');
    expect(tendencyOf({ lower: 1.01, upper: 2 }, 'rate')).toBe('better');
    expect(tendencyOf({ lower: 0.5, upper: 0.99 }, 'latency')).toBe('better');
    expect(tendencyOf({ lower: 0.5, upper: 0.99 }, 'rate')).toBe('worse');
    expect(tendencyOf({ lower: 0.9, upper: 1 }, 'rate')).toBe('unclear');
  });
});
