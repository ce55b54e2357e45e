import { describe, expect, it } from 'vitest';
import { addressPayer } from '../../../../src/core/base/payer.js';
import { RateLimiter, type RateLimits } from '../../../../src/core/scheduler/rate-limits/rate-limiter.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const limits: RateLimits = { requestsPerMinute: 60, tokensPerMinute: 100, tokensPerDay: 1000 };
const address = addressPayer('192.0.2.1');

function limiter(): { readonly rates: RateLimiter; readonly clock: VirtualClock; configure: (more: object) => void } {
  const clock = new VirtualClock();
  const of = (more: object): ReadonlyMap<string, RateLimits> =>
    new Map(['anna', 'anonymous'].map((name) => [name, { ...limits, ...more }]));
  const rates = new RateLimiter(clock, of({}));
  return {
    rates,
    clock,
    configure: (more) => {
      rates.configure(of(more));
    },
  };
}

describe('limits over time that change', () => {
  it.each(['anna', address])('leave what was used of the others as it was: %s', (payer) => {
    const { rates, configure } = limiter();
    rates.take(payer, 20);
    rates.spend(payer, 1000);
    configure({ requestsPerMinute: 30 });
    expect(rates.remaining(payer)).toMatchObject({ requests: { limit: 30, remaining: 10 }, tokens: { remaining: 0 } });
    configure({ tokensPerMinute: 2000, requestsPerMinute: 30 });
    expect(rates.remaining(payer)).toMatchObject({ tokens: { limit: 2000, remaining: 1000 } });
    // The day's tokens have been used up all the same.
    expect(() => {
      rates.take(payer, 1);
    }).toThrow('1000 tokens per day');
    configure({ tokensPerMinute: null, tokensPerDay: 3000 });
    rates.take(payer, 1);
  });

  it('fill at their new speed', () => {
    const { rates, clock, configure } = limiter();
    rates.take('anna', 60);
    configure({ requestsPerMinute: 120 });
    expect(rates.remaining('anna').requests).toMatchObject({ remaining: 60 });
    clock.advance(1000);
    expect(rates.remaining('anna').requests).toMatchObject({ remaining: 62 });
  });

  it.each(['anna', address])('refuse for one period at most if they are lowered below what was used: %s', (payer) => {
    const { rates, clock, configure } = limiter();
    rates.take(payer, 60);
    rates.spend(payer, 100);
    configure({ requestsPerMinute: 3, tokensPerMinute: 2, tokensPerDay: 10 });
    expect(rates.remaining(payer)).toMatchObject({
      requests: { remaining: 0, resetMs: 120_000 },
      tokens: { remaining: 0 },
    });
    // A lower limit still does not make the debt of the higher one longer.
    configure({ requestsPerMinute: 2, tokensPerMinute: 1, tokensPerDay: 1 });
    expect(rates.remaining(payer)).toMatchObject({ requests: { resetMs: 120_000 }, tokens: { resetMs: 120_000 } });
    configure({ requestsPerMinute: 2, tokensPerMinute: 1, tokensPerDay: null });
    clock.advance(119_999);
    expect(() => {
      rates.take(payer, 2);
    }).toThrow('1 tokens per minute');
    clock.advance(1);
    rates.take(payer, 2);
  });

  it('forgive no debt that was there before, and make none longer', () => {
    const { rates, configure } = limiter();
    // 500 % of the limit: the bucket is full again after five minutes.
    rates.spend('anna', 500);
    for (const tokensPerMinute of [90, 50, 10]) {
      configure({ tokensPerMinute });
      expect(rates.remaining('anna').tokens?.resetMs).toBeCloseTo(5 * 60_000);
    }
  });

  it('are forgotten with their key', () => {
    const { rates, configure } = limiter();
    rates.take('anna', 60);
    rates.configure(new Map());
    configure({});
    expect(rates.remaining('anna').requests).toMatchObject({ remaining: 60 });
  });
});

describe('what another server knows to be missing', () => {
  const { requestsPerMinute, ...others } = limits;

  /** What a server with this limit tells one with another, after a key has used so much of it. */
  function told(there: number, used: number, here: number): RateLimiter {
    const clock = new VirtualClock();
    const [sender, receiver] = [there, here].map(
      (tokensPerMinute) =>
        new RateLimiter(
          clock,
          new Map([['anna', { ...others, requestsPerMinute, tokensPerMinute, tokensPerDay: null }]]),
        ),
    );
    if (sender === undefined || receiver === undefined) throw new Error('There are two.');
    sender.spend('anna', used);
    for (const shortage of sender.shortages) receiver.reduce(shortage);
    return receiver;
  }

  it('is missing here as well, with all debts', () => {
    expect(told(100, 40, 100).remaining('anna').tokens?.remaining).toBe(60);
    // 1000 % of the limit: the bucket is full again after ten minutes.
    expect(told(100, 1000, 100).remaining('anna').tokens?.resetMs).toBe(10 * 60_000);
  });

  it('makes no key wait for longer than a period where the limit is much lower than there', () => {
    expect(told(1000, 1000, 2).remaining('anna').tokens?.resetMs).toBe(2 * 60_000);
  });

  it('takes no longer to be made good than there, if it is a debt', () => {
    expect(told(100, 500, 10).remaining('anna').tokens?.resetMs).toBeCloseTo(5 * 60_000);
  });

  it('adds nothing to what is missing here already', () => {
    const rates = told(100, 40, 100);
    rates.spend('anna', 30);
    rates.reduce({ payer: 'anna', requests: 0, tokens: 50, daily: 0 });
    expect(rates.remaining('anna').tokens?.remaining).toBe(30);
    rates.reduce({ payer: 'anna', requests: 0, tokens: 90, daily: 0 });
    expect(rates.remaining('anna').tokens?.remaining).toBe(10);
  });
});

it('makes no key wait for more than a minute because of requests that another server had in hours', () => {
  const clock = new VirtualClock();
  const limits = { requestsPerMinute: 60, tokensPerMinute: null, tokensPerDay: null };
  const rates = new RateLimiter(clock, new Map([['anna', limits]]));
  rates.spendElsewhere({ payer: 'anna', requests: 40, tokens: 0 });
  expect(rates.remaining('anna').requests?.remaining).toBe(20);
  rates.spendElsewhere({ payer: 'anna', requests: 1860, tokens: 0 });
  clock.advance(61_000);
  rates.take('anna', 1);
});

describe('requests that count as several', () => {
  it('are refused for good if a minute has not as many', () => {
    const { rates } = limiter();
    for (const count of [61, 1000]) {
      expect(() => {
        rates.take('anna', count);
      }).toThrow(expect.objectContaining({ code: 'invalid_request', retryAfterSeconds: undefined }));
    }
    rates.take('anna', 60);
    expect(() => {
      rates.take('anna', 2);
    }).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 2 }));
  });
});
