import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import { conclude } from '../../../../src/core/bench/search/conclude.js';
import type { Look } from '../../../../src/core/bench/search/evidence.js';
import { nextStep, type SearchSpec, stepBelow } from '../../../../src/core/bench/search/next-step.js';
import { lookAt, searched, trueLimit } from './simulated-server.js';

const spec: SearchSpec = {
  objectives: [{ text: 'ttft.p95<500ms', allowedShare: 0.05 }],
  start: 1,
  lowest: 0.01,
  highest: 1000,
  isWhole: false,
  isMonotonic: true,
  precision: 0.05,
  mostLooks: 5,
};

/** A measurement in which each piece has the same share of misses. */
function lookWith(
  load: number,
  missedShare: number,
  options: {
    requests?: number;
    isOverloaded?: boolean;
    isUntold?: boolean;
    isRising?: boolean;
    hiddenExcess?: number;
  } = {},
): Look {
  const { requests = 1600, isOverloaded = false, isUntold = false, isRising = false, hiddenExcess = 0 } = options;
  const attempts = requests / 16;
  const piece = { successes: missedShare * attempts, attempts };
  const missed = [Array.from({ length: 16 }, () => piece)];
  return { load, missed, answered: requests, isOverloaded, isUntold, isRising, hiddenExcess };
}

/** The same measurement with an objective for each share. */
function lookWithAll(load: number, missedShares: readonly number[]): Look {
  const missed = missedShares.map((share) => lookWith(load, share).missed[0] ?? []);
  return { ...lookWith(load, 0), missed };
}

/** A server without noise: every request above the limit misses. */
const sharp = (limit: number) => (load: number) => lookWith(load, load > limit ? 1 : 0);

describe('the search for the highest load', () => {
  it('doubles the load until an objective breaks, then halves the gap', () => {
    const looks = searched(spec, sharp(11));
    expect(looks.slice(0, 7).map(({ load }) => load)).toEqual([1, 2, 4, 8, 16, 11.3, 9.51]);
  });

  it('ends within the precision of the limit, with an interval that contains it', () => {
    for (const limit of [0.13, 1.7, 5.6, 11, 99, 640]) {
      const outcome = conclude(spec, searched(spec, sharp(limit)));
      if (outcome.status !== 'found') throw new Error(outcome.status);
      expect(outcome).toMatchObject({ isFinished: true, contradictions: [], next: { type: 'objective', index: 0 } });
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

  it('takes a server that fails hard above its limit for one that breaks the objective', () => {
    const outcome = conclude(
      spec,
      searched(spec, (load) => lookWith(load, load > 20 ? 0.6 : 0.001)),
    );
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(Math.abs(outcome.load / 20 - 1)).toBeLessThanOrEqual(0.0501);
  });

  it('takes a queue that grows without end for a limit, whatever the objective', () => {
    const outcome = conclude(
      spec,
      searched(spec, (load) => lookWith(load, 0, { isOverloaded: load > 30 })),
    );
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(outcome.next).toEqual({ type: 'overload' });
    expect(Math.abs(outcome.load / 30 - 1)).toBeLessThanOrEqual(0.0501);
  });

  it('names the objective that breaks first of several', () => {
    const two = { ...spec, objectives: [...spec.objectives, { text: 'tpot.p99<50ms', allowedShare: 0.01 }] };
    const looks = searched(two, (load) => lookWithAll(load, [load > 50 ? 1 : 0, load > 17 ? 1 : 0]));
    const outcome = conclude(two, looks);
    expect(outcome).toMatchObject({ status: 'found', next: { type: 'objective', index: 1 } });
  });

  it('names the one that is missed most often for what it allows where several break at once', () => {
    const two = { ...spec, objectives: [...spec.objectives, { text: 'tpot.p99<50ms', allowedShare: 0.01 }] };
    const looks = [lookWithAll(4, [0, 0]), lookWithAll(8, [0.9, 0.8])];
    expect(conclude(two, looks)).toMatchObject({ status: 'found', next: { type: 'objective', index: 1 } });
  });

  it('names the one that reaches its limit first, whichever is missed more often at the next load', () => {
    const two = { ...spec, objectives: [{ text: 'tpot.p99<50ms', allowedShare: 0.01 }, ...spec.objectives] };
    // The second is at its 5 % near 10, the first at its 1 % near 10.4, from where on it rises faster.
    const shares: readonly (readonly [load: number, shares: readonly number[]])[] = [
      [9.5, [0.001, 0.03]],
      [9.8, [0.002, 0.042]],
      [10.2, [0.005, 0.058]],
      [10.8, [0.05, 0.09]],
      [11.2, [0.09, 0.12]],
    ];
    const looks = shares.map(([load, both]) => lookWithAll(load, both));
    expect(conclude(two, looks)).toMatchObject({ status: 'found', next: { type: 'objective', index: 1 } });
  });

  it('ends where no answer has a value for one of several objectives, and says for which', () => {
    const two = { ...spec, objectives: [...spec.objectives, { text: 'queue_wait.p95<50ms', allowedShare: 0.05 }] };
    const without = (load: number, requests: number): Look => {
      const look = lookWith(load, 0, { requests });
      return { ...look, missed: [look.missed[0] ?? [], [{ successes: 0, attempts: 0 }]] };
    };
    expect(nextStep(two, [without(1, 5)])).toEqual({ type: 'done' });
    expect(conclude(two, [without(1, 5)])).toMatchObject({ status: 'unjudged', objectives: [1], isFinished: true });
    // So few may all be of one token, by chance.
    expect(nextStep(two, [without(1, 4)])).toMatchObject({ type: 'measure' });
    expect(nextStep(two, [without(1, 5), lookWithAll(2, [0, 0])])).toMatchObject({ type: 'measure', load: 4 });
  });

  it('goes on without an answer, which says nothing about what answers have', () => {
    const nothing = { ...lookWith(1, 0, { requests: 0 }), missed: [[{ successes: 0, attempts: 0 }]] };
    expect(nextStep(spec, [nothing, nothing])).toMatchObject({ type: 'measure', load: 0.5 });
  });

  it('takes no load for one that holds until it was measured long enough to tell whether the server can follow', () => {
    const short = [1, 2, 4, 8].map((load) => lookWith(load, load > 4 ? 1 : 0, { isUntold: true }));
    const verdictAt4 = (looks: readonly Look[]): string | undefined =>
      conclude(spec, looks).loads.find(({ load }) => load === 4)?.verdict;
    expect(verdictAt4(short)).toBe('unclear');
    expect(verdictAt4([...short, lookWith(4, 0)])).toBe('holds');
    expect(conclude(spec, short)).toMatchObject({ status: 'found', lower: null, upper: 8 });
  });

  it('takes no load for one that holds while its last measurement shows a wait that rises, and measures it for longer', () => {
    const looks = [1, 2, 4, 8].map((load) => lookWith(load, load > 5 ? 1 : 0, { isRising: load === 4 }));
    const at4 = (all: readonly Look[]) => conclude(spec, all).loads.find(({ load }) => load === 4);
    expect(at4(looks)).toMatchObject({ verdict: 'unclear', score: 0, isRising: true });
    expect(conclude(spec, looks)).toMatchObject({ status: 'found', lower: 2 });
    expect(at4([...looks, lookWith(4, 0)])).toMatchObject({ verdict: 'holds', isRising: false });
    expect(at4([...looks, lookWith(4, 0), lookWith(4, 0, { isRising: true })])).toMatchObject({ verdict: 'unclear' });
    expect(nextStep(spec, [...looks, lookWith(2.83, 0), lookWith(3.36, 0)])).toEqual({
      type: 'measure',
      load: 4,
      look: 2,
    });
  });

  it('takes a load at which the wait rises each time for one that breaks as soon as its longest measurement does', () => {
    const pieces = Array.from({ length: 16 }, (_, index) => ({ successes: index < 13 ? 0 : 100, attempts: 100 }));
    const late: Look = { ...lookWith(4, 0, { isRising: true }), missed: [pieces] };
    const early = lookWith(4, 0, { isRising: true });
    const at4 = (looks: readonly Look[]) => conclude(spec, looks).loads[0]?.verdict;
    expect(at4([early, late])).toBe('breaks');
    // By chance, a wait may rise once.
    expect(at4([late])).toBe('unclear');
    expect(at4([lookWith(4, 0), late])).toBe('unclear');
  });

  it('leaves as much room below a load that holds as its measurements were too short to show', () => {
    const looks = (hiddenExcess: number): readonly Look[] =>
      [4, 8, 10, 10.5].map((load) => lookWith(load, load > 10 ? 1 : 0, { hiddenExcess }));
    expect(conclude(spec, looks(0))).toMatchObject({ load: 10.25, lower: 10, upper: 10.5 });
    expect(conclude(spec, looks(0.04))).toMatchObject({ load: 10.25, lower: 9.615, upper: 10.5, isFinished: true });
    const longer = [...looks(0.04), lookWith(10, 0, { hiddenExcess: 0.001 })];
    expect(conclude(spec, longer)).toMatchObject({ lower: 9.99 });
  });

  it('trusts shares less if measurements of the same loads disagree', () => {
    const disagreeing = [0, 0.08, 0, 0.08, 0, 0.08].flatMap((share) => [9.8, 10].map((load) => lookWith(load, share)));
    const agreeing = disagreeing.map(({ load }) => lookWith(load, 0.04));
    const evidence = (looks: readonly Look[]) => conclude(spec, looks).loads[0];
    expect(evidence(agreeing)).toMatchObject({ verdict: 'holds', shares: [{ effectiveAttempts: 9600 }] });
    expect(evidence(disagreeing)?.verdict).toBe('unclear');
    expect(evidence(disagreeing)?.shares[0]?.effectiveAttempts).toBeLessThan(1000);
  });

  it('comes near to what the load generator can send, and ends there', () => {
    const looks = [1, 2, 4, 8].map(sharp(1000));
    expect(stepBelow(spec, looks, 16)).toEqual({ type: 'measure', load: 11.3, look: 1 });
    expect(stepBelow(spec, [...looks, sharp(1000)(11.3), sharp(1000)(15)], 16)).toEqual({ type: 'done' });
    expect(stepBelow(spec, [], 64)).toEqual({ type: 'measure', load: 16, look: 1 });
    expect(stepBelow(spec, [], 0.01)).toEqual({ type: 'done' });
    const clients = { ...spec, lowest: 1, isWhole: true };
    expect(stepBelow(clients, looks.slice(0, 2), 4)).toEqual({ type: 'measure', load: 3, look: 1 });
    expect(stepBelow(clients, looks.slice(0, 2), 3)).toEqual({ type: 'done' });
    expect(stepBelow(clients, [], 2)).toEqual({ type: 'measure', load: 1, look: 1 });
    expect(stepBelow(clients, [], 1)).toEqual({ type: 'done' });
  });

  it('measures a result that contradicts its neighbours again, and says so if it stays', () => {
    const looks = [1, 2, 4, 8, 16, 20, 21, 22].map((load) => lookWith(load, load > 20 || load === 4 ? 1 : 0));
    expect(nextStep(spec, looks)).toEqual({ type: 'measure', load: 4, look: 2 });
    const outcome = conclude(spec, [...looks, lookWith(4, 1)]);
    expect(outcome.contradictions.map(({ load }) => load)).toEqual([4]);
    expect(outcome).toMatchObject({ status: 'found', lower: 20, upper: 21 });
  });

  it('goes on until a load near the limit clearly holds and one clearly breaks, however certain the line is', () => {
    const shares = { 9.5: 0.033, 9.75: 0.041, 10: 0.05, 10.25: 0.061, 10.5: 0.074 };
    const near = Object.entries(shares).map(([load, share]) => lookWith(Number(load), share, { requests: 600 }));
    const looks = [...[1, 2, 4, 8].map(sharp(10)), ...near, lookWith(16, 1)];
    const outcome = conclude(spec, looks);
    if (outcome.status !== 'found') throw new Error(outcome.status);
    const { load, lower, upper, loads } = outcome;
    expect(Math.max(load / (lower ?? 0), (upper ?? Infinity) / load)).toBeLessThan(1.05);
    expect(loads.find((each) => each.load === 9.5)?.verdict).toBe('unclear');
    expect(nextStep(spec, looks).type).toBe('measure');
    expect(nextStep(spec, [...looks, lookWith(9, 0.02)])).toEqual({ type: 'done' });
  });

  it('says whether the load generator ended it', () => {
    expect(conclude(spec, [1, 2].map(sharp(5)), true)).toMatchObject({ status: 'all-hold', isClientFull: true });
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

describe('the search where a higher load may be better', () => {
  const slots = { ...spec, lowest: 1, highest: 64, isWhole: true, isMonotonic: false };
  const loadsOf = (looks: readonly Look[]): readonly number[] => looks.map(({ load }) => load);
  /** Waiting breaks an objective below, interference above. */
  const between = (from: number, to: number) => (load: number) => lookWith(load, load < from || load > to ? 1 : 0);

  it('measures every doubling first, whatever breaks at the lowest', () => {
    for (const highest of [1, 6, 64]) {
      const looks = searched({ ...slots, highest }, between(100, 200));
      expect(loadsOf(looks)).toEqual([1, 2, 4, 8, 16, 32, 64].filter((load) => load < highest).concat(highest));
      expect(conclude({ ...slots, highest }, looks)).toMatchObject({ status: 'none-hold', isFinished: true });
    }
  });

  it('finds both ends of the loads that hold', () => {
    const outcome = conclude(slots, searched(slots, between(3, 11)));
    expect(outcome).toMatchObject({ status: 'found', holdsFrom: 3, load: 11, lower: 11, upper: 12, isFinished: true });
    expect(outcome.contradictions).toEqual([]);
  });

  it('finds the lower end where the highest load holds', () => {
    const outcome = conclude(slots, searched(slots, between(7, 64)));
    expect(outcome).toMatchObject({ status: 'all-hold', holdsFrom: 7, highest: 64, isFinished: true });
  });

  it('measures lower loads again that are unclear where the highest one holds', () => {
    const unclear = (load: number): Look => lookWith(load, load < 4 ? 0.04 : 0, { requests: 160 });
    const looks = searched({ ...slots, highest: 4 }, unclear);
    expect(loadsOf(looks)).toEqual([1, 2, 4, 1, 2]);
    expect(conclude({ ...slots, highest: 4 }, looks)).toMatchObject({ status: 'all-hold', isFinished: true });
    // A lower load is none but easier where only more of it can break an objective.
    expect(nextStep({ ...spec, highest: 4 }, [1, 2, 4].map(unclear))).toEqual({ type: 'done' });
  });

  it('has no lower end where the lowest load holds', () => {
    const outcome = conclude(slots, searched(slots, between(1, 5)));
    expect(outcome).toMatchObject({ status: 'found', holdsFrom: null, load: 5 });
  });

  it('takes the highest loads that hold of several, and names the others', () => {
    const outcome = conclude(
      slots,
      searched(slots, (load) => lookWith(load, load === 1 || (load > 5 && load < 13) ? 0 : 1)),
    );
    expect(outcome).toMatchObject({ status: 'found', holdsFrom: 6, load: 12 });
    expect(outcome.contradictions.map(({ load }) => load)).toEqual([1]);
  });

  it('looks between two loads at which different objectives break', () => {
    const two = { ...slots, objectives: [...slots.objectives, { text: 'tpot.p99<50ms', allowedShare: 0.01 }] };
    const looks = searched(two, (load) => lookWithAll(load, [load < 11 ? 1 : 0, load > 11 ? 1 : 0]));
    expect(conclude(two, looks)).toMatchObject({ status: 'found', holdsFrom: 11, load: 11, next: { index: 1 } });
  });

  it('is not finished while higher loads are unmeasured', () => {
    const looks = [1, 2].map(between(3, 11));
    expect(conclude(slots, looks)).toMatchObject({ status: 'none-hold', isFinished: false });
    expect(nextStep(slots, looks)).toEqual({ type: 'measure', load: 4, look: 1 });
  });
});

describe('the search at a server whose loads differ by little', () => {
  it('measures the loads on both sides of a limit between 1 and 2 clients, and ends', () => {
    const clients = { ...spec, lowest: 1, isWhole: true };
    const looks = searched(clients, (load) => lookWith(load, load > 1 ? 0.055 : 0, { requests: 200 }));
    expect(looks.filter(({ load }) => load === 2).length).toBeGreaterThan(1);
  });

  it('ends, and measures no load more often than it may', () => {
    const search = fc.record({
      limit: fc.double({ min: 0.5, max: 80, noNaN: true }),
      steepness: fc.double({ min: 0.2, max: 20, noNaN: true }),
      requests: fc.integer({ min: 16, max: 2000 }),
      highest: fc.integer({ min: 1, max: 64 }),
      isWhole: fc.boolean(),
      isMonotonic: fc.boolean(),
      precision: fc.constantFrom(0.01, 0.05, 0.2),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(search, ({ limit, steepness, requests, seed, ...changes }) => {
        const random = seededRandom(seed);
        const mean = (load: number): number => 1 / (1 + 19 * (limit / load) ** steepness);
        const wanted = { ...spec, lowest: changes.isWhole ? 1 : 0.01, ...changes };
        const looks = searched(wanted, (load) =>
          lookWith(load, Math.min(1, mean(load) * (0.5 + random())), { requests }),
        );
        for (const { load } of looks) {
          expect(looks.filter((each) => each.load === load).length).toBeLessThanOrEqual(wanted.mostLooks);
        }
      }),
      { numRuns: 100 },
    );
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
