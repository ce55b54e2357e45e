import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { addressPayer } from '../../../../src/core/base/payer.js';
import { RateLimiter, type RateLimits } from '../../../../src/core/scheduler/rate-limits/rate-limiter.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const noLimits: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, tokensPerDay: null };

/** What was let in, and when. */
interface Let {
  readonly atMs: number;
  readonly amount: number;
}

/** The most that was let in beyond what flows in at this speed, in any window of time. */
function mostBeyondRefill(all: readonly Let[], perMs: number): number {
  // Of a window that ends now, what came in it less what flowed in: the greatest is that of a window that ends earlier, or begins now.
  let most = 0;
  let ending = 0;
  let lastMs = 0;
  for (const { atMs, amount } of all) {
    ending = Math.max(0, ending - (atMs - lastMs) * perMs) + amount;
    most = Math.max(most, ending);
    lastMs = atMs;
  }
  return most;
}

/** Whether it was let in; if not, why, and after how many seconds it may come again. */
function take(
  rates: RateLimiter,
  payer: string,
  requests: number,
): { readonly code: string; readonly retrySeconds: number } | null {
  try {
    rates.take(payer, requests);
    return null;
  } catch (error) {
    if (!(error instanceof ChatstreamError) || error.retryAfterSeconds === undefined) throw error;
    return { code: error.code, retrySeconds: error.retryAfterSeconds };
  }
}

/** Bursts, and pauses of up to some minutes. */
const pauseMs = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 3000 }),
  fc.double({ min: 0, max: 200_000, noNaN: true }),
);
const payer = fc.constantFrom('anna', addressPayer('192.0.2.1'));
const runs = { numRuns: 100 };

describe('limits over time, whenever requests come', () => {
  it('let in no more requests in any window than a full bucket and what flows in', () => {
    const arrivals = fc.array(fc.record({ pauseMs, requests: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 120,
      size: 'max',
    });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 4, max: 40 }), payer, (all, perMinute, who) => {
        const clock = new VirtualClock();
        const limits = { ...noLimits, requestsPerMinute: perMinute };
        const rates = new RateLimiter(clock, new Map(['anna', 'anonymous'].map((name) => [name, limits])));
        const admitted: Let[] = [];
        for (const { pauseMs: ms, requests } of all) {
          clock.advance(ms);
          const left = rates.remaining(who).requests?.remaining ?? 0;
          const refusal = take(rates, who, requests);
          // As many pass as are said to be left, and no more but for rounding.
          if (requests <= left) expect(refusal).toBeNull();
          if (requests > left + 1) expect(refusal).not.toBeNull();
          if (refusal === null) admitted.push({ atMs: clock.now(), amount: requests });
          else expect(refusal.retrySeconds * 1000).toBeLessThan((requests * minuteMs) / perMinute + 1000);
        }
        expect(mostBeyondRefill(admitted, perMinute / minuteMs)).toBeLessThanOrEqual(perMinute + 1e-3);
      }),
      runs,
    );
  });

  it('let a refused request in after exactly the seconds that it was told, and not after one less', () => {
    const limit = (min: number, max: number): fc.Arbitrary<number | null> => fc.option(fc.integer({ min, max }));
    const scenes = fc.record({
      requestsPerMinute: limit(4, 90),
      tokensPerMinute: limit(1, 3000),
      tokensPerDay: limit(1, 50_000),
      steps: fc.array(
        fc.record({ pauseMs, requests: fc.integer({ min: 1, max: 4 }), tokens: fc.integer({ min: 0, max: 900 }) }),
        { minLength: 1, maxLength: 40, size: 'max' },
      ),
    });
    const refusals = new Map<string, number>();
    fc.assert(
      fc.property(scenes, ({ steps, ...limits }) => {
        const clock = new VirtualClock();
        const rates = new RateLimiter(clock, new Map([['anna', limits]]));
        for (const { pauseMs: ms, requests, tokens } of steps) {
          clock.advance(ms);
          const refusal = take(rates, 'anna', requests);
          if (refusal !== null) {
            refusals.set(refusal.code, (refusals.get(refusal.code) ?? 0) + 1);
            if (refusal.retrySeconds > 1) {
              clock.advance((refusal.retrySeconds - 1) * 1000);
              expect(take(rates, 'anna', requests)).not.toBeNull();
            }
            clock.advance(1000);
            expect(take(rates, 'anna', requests)).toBeNull();
          }
          rates.spend('anna', tokens);
        }
      }),
      runs,
    );
    for (const code of ['rate_limited', 'quota_exceeded']) expect(refusals.get(code)).toBeGreaterThan(50);
  });

  it('let through no more tokens in any window than a full bucket, what flows in, and one answer', () => {
    const answers = fc.array(fc.record({ pauseMs, tokens: fc.integer({ min: 0, max: 900 }) }), {
      maxLength: 100,
      size: 'max',
    });
    fc.assert(
      fc.property(
        answers,
        fc.integer({ min: 10, max: 1000 }),
        fc.integer({ min: 10, max: 3000 }),
        (all, perMinute, perDay) => {
          const clock = new VirtualClock();
          const rates = new RateLimiter(
            clock,
            new Map([['anna', { ...noLimits, tokensPerMinute: perMinute, tokensPerDay: perDay }]]),
          );
          const used: Let[] = [];
          // One after the other, so that each is counted before the next.
          for (const { pauseMs: ms, tokens } of all) {
            clock.advance(ms);
            if (take(rates, 'anna', 1) !== null) continue;
            rates.spend('anna', tokens);
            used.push({ atMs: clock.now(), amount: tokens });
          }
          const longest = Math.max(0, ...used.map(({ amount }) => amount));
          expect(mostBeyondRefill(used, perMinute / minuteMs)).toBeLessThanOrEqual(perMinute + longest);
          expect(mostBeyondRefill(used, perDay / dayMs)).toBeLessThanOrEqual(perDay + longest);
        },
      ),
      runs,
    );
  });

  it('make no key wait for more than two periods, however they change, as long as it does not run up debts itself', () => {
    const steps = fc.array(
      fc.record({ pauseMs, perMinute: fc.constantFrom(1, 2, 7, 50, 1000), burst: fc.integer({ min: 0, max: 30 }) }),
      { maxLength: 40, size: 'max' },
    );
    fc.assert(
      fc.property(steps, payer, (all, who) => {
        const clock = new VirtualClock();
        const rates = new RateLimiter(clock);
        for (const { pauseMs: ms, perMinute, burst } of all) {
          clock.advance(ms);
          const limits = { ...noLimits, requestsPerMinute: perMinute };
          rates.configure(new Map(['anna', 'anonymous'].map((name) => [name, limits])));
          for (let count = 0; count < burst; count += 1) {
            const refusal = take(rates, who, 1);
            if (refusal !== null) expect(refusal.retrySeconds).toBeLessThanOrEqual(120);
          }
          expect(rates.remaining(who).requests?.resetMs).toBeLessThanOrEqual(2 * minuteMs + 1e-3);
        }
      }),
      runs,
    );
  });
});
