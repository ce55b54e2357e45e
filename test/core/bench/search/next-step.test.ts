import { describe, expect, it } from 'vitest';
import { conclude } from '../../../../src/core/bench/search/conclude.js';
import type { Look } from '../../../../src/core/bench/search/evidence.js';
import { nextStep, type SearchSpec } from '../../../../src/core/bench/search/next-step.js';
import { lookAt, searched, trueLimit } from './simulated-server.js';

const spec: SearchSpec = {
  promises: [{ text: 'ttft.p95<500ms', allowedShare: 0.05 }],
  start: 1,
  lowest: 0.01,
  highest: 1000,
  isWhole: false,
  precision: 0.05,
  mostLooks: 5,
};

/** A measurement in which each piece has the same share of misses. */
function lookWith(
  load: number,
  missedShare: number,
  options: { requests?: number; isOverloaded?: boolean } = {},
): Look {
  const { requests = 1600, isOverloaded = false } = options;
  const attempts = requests / 16;
  const piece = { successes: missedShare * attempts, attempts };
  return { load, missed: [Array.from({ length: 16 }, () => piece)], isOverloaded };
}

/** A server without noise: every request above the limit misses. */
const sharp = (limit: number) => (load: number) => lookWith(load, load > limit ? 1 : 0);

describe('the search for the highest load', () => {
  it('doubles the load until a promise breaks, then halves the gap', () => {
    const looks = searched(spec, sharp(11));
    expect(looks.slice(0, 7).map(({ load }) => load)).toEqual([1, 2, 4, 8, 16, 11.3, 9.51]);
  });

  it('ends within the precision of the limit, with an interval that contains it', () => {
    for (const limit of [0.13, 1.7, 5.6, 11, 99, 640]) {
      const outcome = conclude(spec, searched(spec, sharp(limit)));
      if (outcome.status !== 'found') throw new Error(outcome.status);
      expect(outcome).toMatchObject({ isFinished: true, contradictions: [], next: { type: 'promise', index: 0 } });
      expect(Math.abs(outcome.load / limit - 1)).toBeLessThanOrEqual(0.0501);
      expect(outcome.lower).toBeLessThanOrEqual(limit);
      expect(outcome.upper).toBeGreaterThanOrEqual(limit);
    }
  });

  it('goes down from a first load that is too high', () => {
    const looks = searched({ ...spec, start: 64 }, sharp(11));
    expect(looks.slice(0, 3).map(({ load }) => load)).toEqual([64, 32, 16]);
    expect(conclude(spec, looks)).toMatchObject({ status: 'found' });
  });

  it('finds the last number of clients that holds', () => {
    const clients = { ...spec, lowest: 1, isWhole: true };
    const outcome = conclude(clients, searched(clients, sharp(13)));
    expect(outcome).toMatchObject({ status: 'found', load: 13, lower: 13, upper: 14 });
  });

  it('says that all loads hold, up to the highest', () => {
    const outcome = conclude({ ...spec, highest: 40 }, searched({ ...spec, highest: 40 }, sharp(5000)));
    expect(outcome).toMatchObject({ status: 'all-hold', highest: 40, isFinished: true });
  });

  it('says that none holds, down to the lowest', () => {
    const low = { ...spec, lowest: 0.5 };
    expect(conclude(low, searched(low, sharp(0)))).toMatchObject({
      status: 'none-hold',
      lowest: 0.5,
      isFinished: true,
    });
  });

  it('takes a server that fails hard above its limit for one that breaks the promise', () => {
    const outcome = conclude(
      spec,
      searched(spec, (load) => lookWith(load, load > 20 ? 0.6 : 0.001)),
    );
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(Math.abs(outcome.load / 20 - 1)).toBeLessThanOrEqual(0.0501);
  });

  it('takes a queue that grows without end for a limit, whatever the promise', () => {
    const outcome = conclude(
      spec,
      searched(spec, (load) => lookWith(load, 0, { isOverloaded: load > 30 })),
    );
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(outcome.next).toEqual({ type: 'overload' });
    expect(Math.abs(outcome.load / 30 - 1)).toBeLessThanOrEqual(0.0501);
  });

  it('names the promise that breaks first of several', () => {
    const two = { ...spec, promises: [...spec.promises, { text: 'tpot.p99<50ms', allowedShare: 0.01 }] };
    const looks = searched(two, (load) => {
      const [slow] = lookWith(load, load > 50 ? 1 : 0).missed;
      const [fast] = lookWith(load, load > 17 ? 1 : 0).missed;
      return { load, missed: [slow ?? [], fast ?? []], isOverloaded: false };
    });
    const outcome = conclude(two, looks);
    expect(outcome).toMatchObject({ status: 'found', next: { type: 'promise', index: 1 } });
  });

  it('measures a result that contradicts its neighbours again, and says so if it stays', () => {
    const looks = [1, 2, 4, 8, 16, 20, 21, 22].map((load) => lookWith(load, load > 20 || load === 4 ? 1 : 0));
    expect(nextStep(spec, looks)).toEqual({ type: 'measure', load: 4, look: 2 });
    const outcome = conclude(spec, [...looks, lookWith(4, 1)]);
    expect(outcome.contradictions.map(({ load }) => load)).toEqual([4]);
    expect(outcome).toMatchObject({ status: 'found', lower: 20, upper: 21 });
  });

  it('gives what is known when it is stopped', () => {
    const looks = [1, 2, 4, 8].map(sharp(5));
    expect(conclude(spec, looks)).toMatchObject({ status: 'found', lower: 4, upper: 8, isFinished: false });
    expect(conclude(spec, looks.slice(0, 2))).toMatchObject({ status: 'all-hold', highest: 2, isFinished: false });
    expect(conclude(spec, [])).toMatchObject({ status: 'nothing-measured', isFinished: false });
  });

  it('decides the same from the same measurements', () => {
    const looks = [1, 2, 4, 8].map(sharp(5));
    expect(nextStep(spec, looks)).toEqual(nextStep(spec, looks.toReversed()));
  });
});

describe('the search at a simulated queue with random arrivals', () => {
  const server = { slots: 4, serviceMs: 100, limitMs: 80 };
  const truth = trueLimit(server, 0.05);

  it('finds the limit within 5 %, with an interval that contains it in at least 18 of 20 runs', () => {
    const outcomes = Array.from({ length: 20 }, (_, run) =>
      conclude(
        spec,
        searched(spec, (load, look, number) => lookAt(server, load, look, 10, run * 1000 + number)),
      ),
    );
    const found = outcomes.flatMap((outcome) => (outcome.status === 'found' ? [outcome] : []));
    expect(found).toHaveLength(20);
    expect(found.filter(({ load }) => Math.abs(load / truth - 1) <= 0.05)).toHaveLength(20);
    const covering = found.filter(({ lower, upper }) => (lower ?? 0) <= truth && truth <= (upper ?? Infinity));
    expect(covering.length).toBeGreaterThanOrEqual(18);
  });
});
