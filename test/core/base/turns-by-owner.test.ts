import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnsByOwner } from '../../../src/core/base/turns-by-owner.js';

/** Work that ends when the test says so. */
class Stage {
  /** What has begun, in this order. */
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  work(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => {
        this.#ends.set(name, () => {
          this.#ends.delete(name);
          resolve(name);
        });
      });
    };
  }

  get running(): readonly string[] {
    return [...this.#ends.keys()];
  }

  async end(name = this.running[0] ?? ''): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

describe('TurnsByOwner', () => {
  it('lets others come between the works of one owner', async () => {
    const turns = new TurnsByOwner({ atOnce: 1 });
    const stage = new Stage();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) void turns.take(name.charAt(0), stage.work(name));
    while (stage.running.length > 0) await stage.end();
    expect(stage.begun).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('has different owners wait for nobody if there is no limit', async () => {
    const turns = new TurnsByOwner();
    const stage = new Stage();
    for (const name of ['a1', 'a2', 'b1', 'c1']) void turns.take(name.charAt(0), stage.work(name));
    expect(stage.running).toEqual(['a1', 'b1', 'c1']);
    await stage.end('a1');
    expect(stage.running).toEqual(['b1', 'c1', 'a2']);
  });

  it('goes on after work that fails', async () => {
    const turns = new TurnsByOwner({ atOnce: 1 });
    const failed = turns.take('a', () => Promise.reject(new Error('no')));
    const next = turns.take('a', () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('skips what is no longer needed, and says why', async () => {
    const turns = new TurnsByOwner({ atOnce: 1 });
    const stage = new Stage();
    const leaving = new AbortController();
    const first = turns.take('a', stage.work('first'));
    const left = turns.take('a', stage.work('left'), leaving.signal);
    const gone = turns.take('a', stage.work('gone'), AbortSignal.abort(new Error('gone')));
    const last = turns.take('a', stage.work('last'));
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(gone).rejects.toThrow('gone');
    await stage.end('first');
    await stage.end('last');
    await expect(Promise.all([first, last])).resolves.toEqual(['first', 'last']);
    expect(stage.begun).toEqual(['first', 'last']);
  });

  it('loses nothing, does nothing twice, and keeps to its limits', async () => {
    const step = fc.oneof(
      fc.record({ owner: fc.constantFrom('a', 'b', 'c'), isLeaving: fc.boolean() }),
      fc.constant('end' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.integer({ min: 1, max: 3 }), async (steps, atOnce) => {
        const turns = new TurnsByOwner({ atOnce });
        const stage = new Stage();
        const staying: string[] = [];
        for (const [index, each] of steps.entries()) {
          if (each === 'end') {
            await stage.end();
          } else {
            const name = `${each.owner}${index}`;
            const isBegun = stage.begun.length;
            const client = new AbortController();
            const work = turns.take(each.owner, stage.work(name), client.signal);
            work.catch(() => undefined);
            if (each.isLeaving) client.abort(new Error('left'));
            if (!each.isLeaving || stage.begun.length > isBegun) staying.push(name);
          }
          expect(stage.running.length).toBeLessThanOrEqual(atOnce);
          const owners = stage.running.map((name) => name.charAt(0));
          expect(new Set(owners).size).toBe(owners.length);
        }
        while (stage.running.length > 0) await stage.end();
        expect(stage.begun.toSorted()).toEqual(staying.toSorted());
        for (const owner of ['a', 'b', 'c']) {
          const own = (names: readonly string[]): readonly string[] => names.filter((name) => name.startsWith(owner));
          expect(own(stage.begun)).toEqual(own(staying));
        }
      }),
    );
  });
});
