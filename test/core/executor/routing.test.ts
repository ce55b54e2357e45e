import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Executor, freePlaces, isUsable } from '../../../src/core/executor/executor.js';
import { fingerprintsOf, PrefixMemory } from '../../../src/core/executor/prefix-memory.js';
import { chooseExecutor } from '../../../src/core/executor/routing.js';

function executor(name: string, running: number, places: number, more: Partial<Executor> = {}): Executor {
  return { name, kind: 'openai', status: 'ready', running, places, ...more };
}

const nowhere = (): number => 0;
const none: ReadonlySet<string> = new Set();

describe('the choice of an executor', () => {
  it('takes the one of which the smallest share is taken', () => {
    const chosen = chooseExecutor([executor('a', 2, 4), executor('b', 3, 8), executor('c', 4, 4)], none, nowhere);
    expect(chosen?.name).toBe('b');
  });

  it('takes the larger one of two that are idle', () => {
    expect(chooseExecutor([executor('a', 0, 2), executor('b', 0, 8)], none, nowhere)?.name).toBe('b');
  });

  it('keeps a conversation where it was, unless that is much more loaded', () => {
    const hasIt = ({ name }: Executor): number => (name === 'a' ? 0.9 : 0);
    expect(chooseExecutor([executor('a', 2, 4), executor('b', 0, 4)], none, hasIt)?.name).toBe('a');
    expect(chooseExecutor([executor('a', 3, 4), executor('b', 0, 4)], none, hasIt)?.name).toBe('b');
  });

  it('takes the least loaded of several that have the conversation', () => {
    const executors = [executor('a', 2, 4), executor('b', 1, 4), executor('c', 0, 4)];
    expect(chooseExecutor(executors, none, ({ name }) => (name === 'c' ? 0 : 0.8))?.name).toBe('b');
  });

  it('does not wait for the one that has the conversation', () => {
    const hasIt = ({ name }: Executor): number => (name === 'a' ? 1 : 0);
    expect(chooseExecutor([executor('a', 4, 4), executor('b', 3, 4)], none, hasIt)?.name).toBe('b');
  });

  it('does not follow a beginning that is short beside the rest', () => {
    const hasSome = ({ name }: Executor): number => (name === 'a' ? 0.3 : 0);
    expect(chooseExecutor([executor('a', 1, 4), executor('b', 0, 4)], none, hasSome)?.name).toBe('b');
  });

  it('goes back to where it failed only if no other could take it', () => {
    const failed = new Set(['a']);
    const free = executor('a', 0, 4);
    expect(chooseExecutor([free, executor('b', 0, 4)], failed, nowhere)?.name).toBe('b');
    // It would rather wait for b.
    expect(chooseExecutor([free, executor('b', 4, 4)], failed, nowhere)).toBeNull();
    expect(chooseExecutor([free, executor('b', 0, 4, { status: 'down' })], failed, nowhere)?.name).toBe('a');
  });

  it('gives one that was down a single generation', () => {
    const trying = executor('a', 0, 4, { status: 'trying' });
    expect(chooseExecutor([trying], none, nowhere)?.name).toBe('a');
    expect(chooseExecutor([{ ...trying, running: 1 }], none, nowhere)).toBeNull();
  });

  it('never chooses one without a free place, and always one if there is a place that was not tried', () => {
    const executors = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        kind: fc.constant('openai'),
        status: fc.constantFrom('ready', 'trying', 'cooling', 'draining', 'down'),
        places: fc.integer({ min: 1, max: 8 }),
        running: fc.nat(10),
      }),
      { selector: ({ name }) => name },
    );
    const failures = fc.subarray(['a', 'b', 'c', 'd', 'e']);
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(executors, failures, shares, (all, failed, share) => {
        const tried = new Set(failed);
        const chosen = chooseExecutor<Executor>(all, tried, ({ name }) => share['abcde'.indexOf(name)] ?? 0);
        if (chosen !== null) expect(freePlaces(chosen)).toBeGreaterThan(0);
        const untried = all.filter((each) => isUsable(each) && !tried.has(each.name));
        if (untried.some((each) => freePlaces(each) > 0)) expect(untried).toContain(chosen);
        if (chosen !== null && tried.has(chosen.name)) expect(untried).toEqual([]);
      }),
    );
  });
});

describe('the memory of prefixes', () => {
  it('knows who had the beginning of a prompt last', () => {
    const memory = new PrefixMemory();
    const first = 'x'.repeat(2000);
    memory.remember(fingerprintsOf(first), 'a');
    const next = fingerprintsOf(`${first}${'y'.repeat(1000)}`);
    expect(memory.sameShare(next, 'a')).toBeCloseTo(3 / 5);
    expect(memory.sameShare(next, 'b')).toBe(0);
    memory.remember(next, 'b');
    expect(memory.sameShare(next, 'a')).toBe(0);
    expect(memory.sameShare(next, 'b')).toBe(1);
  });

  it('compares from the beginning only', () => {
    const memory = new PrefixMemory();
    memory.remember(fingerprintsOf(`a${'x'.repeat(4000)}`), 'a');
    expect(memory.sameShare(fingerprintsOf(`b${'x'.repeat(4000)}`), 'a')).toBe(0);
  });

  it('knows nothing of short prompts', () => {
    expect(fingerprintsOf('Hello!')).toEqual([]);
    expect(new PrefixMemory().sameShare([], 'a')).toBe(0);
  });
});
