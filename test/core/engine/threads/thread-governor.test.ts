import { describe, expect, it } from 'vitest';
import type { HasIdleCores } from '../../../../src/core/engine/threads/thread-choice.js';
import {
  type Calibration,
  type RoundWork,
  ThreadGovernor,
} from '../../../../src/core/engine/threads/thread-governor.js';
import { seededRandom } from '../../../support/seeded-random.js';

const eight: RoundWork = { decodes: 8, prefillTokens: 0 };
const one: RoundWork = { decodes: 1, prefillTokens: 0 };

/** A machine with two cores, in virtual time. */
class Machine {
  readonly governor: ThreadGovernor;
  readonly used: number[] = [];
  nowMs = 0;
  /** Whether another program keeps the cores busy. */
  isBusy = false;
  hasIdleCores: HasIdleCores = () => true;
  readonly #random = seededRandom(1);
  readonly #roundMs: (threads: number, work: RoundWork) => number;

  constructor(roundMs: (threads: number, work: RoundWork) => number, begin = 2, calibratedMs: number | null = null) {
    this.#roundMs = roundMs;
    const calibration: Calibration = { candidates: [1, 2], best: () => ({ threads: begin, roundMs: calibratedMs }) };
    this.governor = new ThreadGovernor(calibration, (count, nowMs) => this.hasIdleCores(count, nowMs));
  }

  /** @returns how long the rounds took together, in milliseconds */
  run(rounds: number, work: RoundWork = eight): number {
    const from = this.nowMs;
    for (let round = 0; round < rounds; round += 1) {
      const threads = this.governor.threadsFor(work, this.nowMs);
      const noise = 0.9 + 0.2 * this.#random();
      const ms = this.#roundMs(threads, work) * noise * (this.isBusy && threads > 1 ? 30 : this.isBusy ? 2 : 1);
      this.nowMs += ms;
      this.used.push(threads);
      this.governor.observe(work, ms, this.nowMs);
    }
    return this.nowMs - from;
  }
}

const twoAreFaster = (threads: number): number => (threads === 2 ? 10 : 18);
const oneIsFaster = (threads: number): number => (threads === 2 ? 10 : 6);

describe('ThreadGovernor', () => {
  it('keeps what is fastest, and loses little by trying', () => {
    const machine = new Machine(twoAreFaster);
    expect(machine.run(3000)).toBeLessThan(3000 * 10 * 1.05);
    expect(machine.governor.inUse).toEqual([2]);
  });

  it.each([
    ['twice as slow', 20, 1],
    ['a quarter slower', 12.5, 2],
  ])('gives a number up as soon as it cannot be faster any more: %s', (_, oneThreadMs, rounds) => {
    const machine = new Machine((threads) => (threads === 2 ? 10 : oneThreadMs), 2, 10);
    // The pauses before the first three comparisons.
    while (machine.nowMs < 2000 + 4000 + 8000 + 1000) machine.run(1);
    expect(machine.used.filter((threads) => threads === 1)).toHaveLength(3 * rounds);
    expect(machine.governor.inUse).toEqual([2]);
  });

  it('corrects a calibration that was wrong, in either direction, within 30 rounds', () => {
    const down = new Machine(oneIsFaster, 2);
    down.run(30);
    expect(down.governor.inUse).toEqual([1]);
    const up = new Machine(twoAreFaster, 1);
    up.run(30);
    expect(up.governor.inUse).toEqual([2]);
  });

  it('tries no other number for two seconds where rounds take as long as they were measured to take', () => {
    const machine = new Machine(twoAreFaster, 2, 10);
    while (machine.nowMs < 1990) machine.run(1);
    expect(new Set(machine.used)).toEqual(new Set([2]));
    machine.run(30);
    expect(new Set(machine.used)).toEqual(new Set([1, 2]));
  });

  it('tries another number soon where rounds take twice as long as they were measured to take', () => {
    const machine = new Machine(oneIsFaster, 2, 4.5);
    machine.run(30);
    expect(machine.governor.inUse).toEqual([1]);
  });

  it.each([
    ['for a kind of round that it knows', eight],
    ['for a kind of round that is new', one],
  ])('tries more threads only after the pause when something else needs the cores from the start, %s', (_, work) => {
    const machine = new Machine(twoAreFaster, 2, 10);
    machine.isBusy = true;
    machine.run(1, eight);
    const from = machine.used.length;
    while (machine.nowMs < 3500) machine.run(1, work);
    expect(new Set(machine.used.slice(from))).toEqual(new Set([1]));
  });

  it('steps down at once when something else needs the cores', () => {
    const machine = new Machine(twoAreFaster);
    machine.run(100);
    machine.isBusy = true;
    machine.run(1);
    expect(machine.governor.inUse).toEqual([1]);
  });

  it('steps down at once if it is busy from the start', () => {
    const machine = new Machine(twoAreFaster, 2, 10);
    machine.isBusy = true;
    machine.run(2);
    expect(machine.governor.inUse).toEqual([1]);
  });

  it('stays within a tenth of the best while the machine is busy', () => {
    const machine = new Machine(twoAreFaster);
    machine.run(100);
    machine.isBusy = true;
    const best = 3000 * 18 * 2;
    expect(machine.run(3000)).toBeLessThan(best * 1.1);
  });

  it('goes up again when the machine is quiet', () => {
    const machine = new Machine(twoAreFaster);
    machine.run(100);
    machine.isBusy = true;
    machine.run(200);
    machine.isBusy = false;
    machine.run(5000);
    expect(machine.governor.inUse).toEqual([2]);
  });

  it('tries no higher number while no core is idle, and does so soon after', () => {
    const machine = new Machine(twoAreFaster, 1);
    machine.hasIdleCores = () => false;
    machine.run(2000);
    expect(new Set(machine.used)).toEqual(new Set([1]));
    machine.hasIdleCores = () => true;
    const from = machine.nowMs;
    while (machine.governor.inUse[0] === 1 && machine.nowMs - from < 10_000) machine.run(1);
    expect(machine.nowMs - from).toBeLessThan(2300);
  });

  it('goes on with what it has while it is not known whether cores are idle', () => {
    const machine = new Machine(twoAreFaster, 1);
    const asked: number[] = [];
    machine.hasIdleCores = (count, nowMs) => {
      asked.push(count);
      return nowMs < 1000 ? null : true;
    };
    while (machine.nowMs < 1000) machine.run(1);
    expect(new Set(machine.used)).toEqual(new Set([1]));
    machine.run(10);
    expect(machine.governor.inUse).toEqual([2]);
    expect(new Set(asked)).toEqual(new Set([1]));
  });

  it('tries a lower number although no core is idle', () => {
    const machine = new Machine(oneIsFaster, 2);
    machine.hasIdleCores = () => false;
    machine.run(30);
    expect(machine.governor.inUse).toEqual([1]);
  });

  it('chooses for each kind of round', () => {
    const machine = new Machine((threads, { decodes }) =>
      decodes === 1 ? oneIsFaster(threads) : twoAreFaster(threads),
    );
    for (let turn = 0; turn < 20; turn += 1) {
      machine.run(20, one);
      machine.run(20, eight);
      machine.run(5, { decodes: 7, prefillTokens: 128 });
    }
    expect(machine.governor.threadsFor(one, machine.nowMs)).toBe(1);
    expect(machine.governor.threadsFor(eight, machine.nowMs)).toBe(2);
    expect(machine.governor.inUse).toEqual([1, 2]);
  });

  it('steps down for all kinds of rounds', () => {
    const machine = new Machine(twoAreFaster);
    machine.run(50, one);
    machine.run(50, eight);
    machine.isBusy = true;
    machine.run(1, one);
    expect(machine.governor.inUse).toEqual([1]);
  });

  it('is not misled by a single slow round', () => {
    const machine = new Machine(twoAreFaster);
    machine.run(100);
    machine.governor.observe(eight, 80, machine.nowMs);
    expect(machine.governor.inUse).toEqual([2]);
  });

  it('does not take long contexts for a busy machine', () => {
    const machine = new Machine((threads, { prefillTokens }) => twoAreFaster(threads) * (prefillTokens === 1 ? 6 : 1));
    let best = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      machine.run(20, eight);
      // Of the same kind, with a long context.
      machine.run(20, { decodes: 7, prefillTokens: 1 });
      best += 20 * 10 + 20 * 60;
    }
    expect(machine.nowMs).toBeLessThan(best * 1.1);
  });

  it('begins with fewer threads for a new kind of round on a busy machine', () => {
    const machine = new Machine(twoAreFaster, 2, 10);
    machine.run(50, eight);
    machine.isBusy = true;
    machine.run(1, eight);
    expect(machine.governor.threadsFor(one, machine.nowMs)).toBe(1);
  });

  it('begins to read a prompt with what is best for as many tokens', () => {
    const best: Calibration['best'] = (tokens) => ({ threads: tokens < 4 ? 1 : 2, roundMs: 10 });
    const governor = new ThreadGovernor({ candidates: [1, 2], best }, () => true);
    expect(governor.threadsFor({ decodes: 0, prefillTokens: 64 }, 0)).toBe(2);
    expect(governor.threadsFor({ decodes: 1, prefillTokens: 64 }, 0)).toBe(2);
    expect(governor.threadsFor(one, 0)).toBe(1);
  });

  it('never changes where there is nothing to choose', () => {
    const governor = new ThreadGovernor({ candidates: [1], best: () => ({ threads: 1, roundMs: 5 }) }, () => true);
    for (const ms of [5, 500, 500, 5]) governor.observe(eight, ms, 0);
    expect(governor.inUse).toEqual([1]);
    expect(governor.threadsFor(eight, 0)).toBe(1);
  });
});
