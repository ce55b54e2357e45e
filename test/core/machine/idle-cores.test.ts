import { describe, expect, it } from 'vitest';
import { IdleCores } from '../../../src/core/machine/idle-cores.js';
import type { ProcessorTimes } from '../../../src/core/machine/processor-times.js';

/** A machine with four cores, so many of which are busy. */
class Machine {
  nowMs = 0;
  busyCores = 0;
  reads = 0;
  #busyMs = 0;
  readonly idle = new IdleCores((): Promise<ProcessorTimes> => {
    this.reads += 1;
    return Promise.resolve({ cores: 4, busy: this.#busyMs, total: this.nowMs * 4 });
  });

  pass(ms: number): void {
    this.nowMs += ms;
    this.#busyMs += ms * this.busyCores;
  }

  /** Asks every 10 ms until there is an answer. */
  async ask(count: number): Promise<{ readonly answer: boolean; readonly afterMs: number }> {
    const from = this.nowMs;
    for (;;) {
      const answer = this.idle.has(count, this.nowMs);
      if (answer !== null) return { answer, afterMs: this.nowMs - from };
      await new Promise(setImmediate);
      this.pass(10);
    }
  }
}

describe('IdleCores', () => {
  it.each([
    [0, 4, true],
    [3, 1, true],
    [3.5, 1, true],
    [3.8, 1, false],
    [4, 1, false],
    [2, 2, true],
    [3, 3, true],
    [3.2, 3, false],
  ])('with %d of 4 cores busy, says of %d further ones: %s', async (busyCores, count, expected) => {
    const machine = new Machine();
    machine.busyCores = busyCores;
    expect((await machine.ask(count)).answer).toBe(expected);
  });

  it('measures for a fifth of a second, and answers at once for a while', async () => {
    const machine = new Machine();
    expect((await machine.ask(1)).afterMs).toBe(210);
    expect(machine.reads).toBe(2);
    machine.pass(300);
    expect((await machine.ask(1)).afterMs).toBe(0);
    expect(machine.reads).toBe(2);
  });

  it('does not count what was long ago', async () => {
    const machine = new Machine();
    machine.idle.has(1, machine.nowMs);
    await new Promise(setImmediate);
    machine.pass(60_000);
    machine.busyCores = 4;
    expect((await machine.ask(1)).answer).toBe(false);
  });

  it('notices that cores are needed after it was asked before', async () => {
    const machine = new Machine();
    expect((await machine.ask(1)).answer).toBe(true);
    machine.busyCores = 4;
    machine.pass(510);
    expect((await machine.ask(1)).answer).toBe(false);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('EPERM'))],
    ['always says the same', () => Promise.resolve({ cores: 1, busy: 0, total: 0 })],
  ])('takes all cores for idle where the system %s', async (_, read: () => Promise<ProcessorTimes>) => {
    const idle = new IdleCores(read);
    for (const nowMs of [0, 300]) {
      expect(idle.has(3, nowMs)).toBeNull();
      await new Promise(setImmediate);
    }
    expect(idle.has(3, 310)).toBe(true);
  });
});
