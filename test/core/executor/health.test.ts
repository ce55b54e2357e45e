import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Health, usualHealth } from '../../../src/core/executor/health.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function made(isTried = true): { readonly health: Health; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  return { health: new Health(clock, usualHealth, isTried), clock };
}

/** Opens it by refused connections. */
function opened(): ReturnType<typeof made> {
  const both = made();
  both.health.failed(true);
  return both;
}

describe('the health of something that can fail', () => {
  it('is down after three failures in a row, and not after fewer', () => {
    const { health } = made();
    health.failed(false);
    health.failed(false);
    health.succeeded();
    health.failed(false);
    health.failed(false);
    expect(health.status).toBe('ready');
    health.failed(false);
    expect(health.status).toBe('down');
  });

  it('is down after three failures of what had begun well', () => {
    const { health } = made();
    for (let time = 0; time < 3; time += 1) {
      health.begun();
      health.failed(false);
    }
    expect(health.status).toBe('down');
  });

  it('is down at once when a connection is refused', () => {
    expect(opened().health.status).toBe('down');
  });

  it('tries one generation after a probe was answered, and is ready when that begins', () => {
    const { health } = opened();
    health.probed();
    expect(health.status).toBe('trying');
    health.begun();
    expect(health.status).toBe('ready');
  });

  it('is ready after a second probe if nobody asks for a generation', () => {
    const { health } = opened();
    health.probed();
    health.probed();
    expect(health.status).toBe('ready');
  });

  it('waits twice as long after each attempt in vain, at most 15 s', () => {
    const { health, clock } = opened();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      pauses.push(health.pauseMs);
      clock.advance(health.pauseMs);
      health.failed(false);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it('does not count failures of what was under way when it went down', () => {
    const { health } = opened();
    health.failed(false);
    health.failed(true);
    expect(health.pauseMs).toBe(1000);
  });

  it('is not revived by a generation that had begun before', () => {
    const { health } = opened();
    health.begun();
    health.succeeded();
    expect(health.status).toBe('down');
  });

  it('begins with a probe if it was never tried', () => {
    const { health } = made(false);
    expect(health.status).toBe('down');
    expect(health.pauseMs).toBe(0);
    health.probed();
    expect(health.status).toBe('trying');
  });

  it('never lets a generation through while it is down, and always comes back when it is well', () => {
    const steps = fc.array(
      fc.oneof(
        fc.constant({ type: 'failed', isCertain: false } as const),
        fc.constant({ type: 'failed', isCertain: true } as const),
        fc.constant({ type: 'begun' } as const),
        fc.constant({ type: 'succeeded' } as const),
        fc.constant({ type: 'probed' } as const),
        fc.record({ type: fc.constant('wait' as const), ms: fc.nat(20_000) }),
      ),
    );
    fc.assert(
      fc.property(steps, (script) => {
        const { health, clock } = made();
        for (const step of script) {
          const before = health.status;
          switch (step.type) {
            case 'failed':
              health.failed(step.isCertain);
              if (step.isCertain) expect(health.status).toBe('down');
              break;
            case 'begun':
            case 'succeeded':
              health[step.type]();
              if (before === 'down') expect(health.status).toBe('down');
              break;
            case 'probed':
              health.probed();
              expect(health.status).not.toBe('down');
              break;
            case 'wait':
              clock.advance(step.ms);
              if (before === 'down') expect(health.status).toBe('down');
          }
          expect(health.pauseMs).toBeLessThanOrEqual(usualHealth.longestPauseMs);
        }
        clock.advance(20_000);
        health.probed();
        health.probed();
        expect(health.status).toBe('ready');
      }),
    );
  });
});
