import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Opened, opening } from '../../../src/core/base/opened.js';
import { silentLogger } from '../../support/silent-logger.js';

/** How closing one of the things ends. */
const ending = fc.constantFrom('at once', 'later', 'throws', 'rejects');

/** Adds one thing for each ending; `closed` gets their numbers as they are closed. */
function addAll(opened: Opened, endings: readonly string[], closed: number[]): void {
  for (const [index, how] of endings.entries()) {
    opened.add(index, (number) => {
      closed.push(number);
      if (how === 'throws') throw new Error(String(number));
      if (how === 'rejects') return Promise.reject(new Error(String(number)));
      return how === 'later' ? Promise.resolve() : undefined;
    });
  }
}

function failuresOf(endings: readonly string[]): readonly string[] {
  return endings.flatMap((how, index) => (how === 'throws' || how === 'rejects' ? [String(index)] : [])).reverse();
}

function messagesIn(error: unknown): readonly string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(messagesIn);
  return error instanceof Error ? [error.message] : [];
}

describe('what was opened', () => {
  it('is closed once, all of it, the newest first, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ending, { maxLength: 8 }), async (endings) => {
        const opened = new Opened();
        const closed: number[] = [];
        addAll(opened, endings, closed);
        const error: unknown = await opened.close().then(
          () => null,
          (failure: unknown) => failure,
        );
        await opened.close();
        expect(closed).toEqual([...endings.keys()].reverse());
        expect(messagesIn(error)).toEqual(failuresOf(endings));
      }),
    );
  });

  it('is closed one after the other', async () => {
    const opened = new Opened();
    const events: string[] = [];
    opened.add('first', () => void events.push('first closes'));
    opened.add('second', async () => {
      events.push('second closes');
      await Promise.resolve();
      events.push('second is closed');
    });
    await opened.close();
    expect(events).toEqual(['second closes', 'second is closed', 'first closes']);
  });
});

describe('opening', () => {
  it('leaves open what could be opened, and gives its value', async () => {
    const closed: number[] = [];
    const open = opening(silentLogger, (opened) => {
      addAll(opened, ['at once'], closed);
      return Promise.resolve(opened);
    });
    expect(closed).toEqual([]);
    await (await open).close();
    expect(closed).toEqual([0]);
  });

  it('closes it when something fails, logs what cannot be closed, and throws what has failed', async () => {
    const closed: number[] = [];
    const logged: object[] = [];
    const logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const starting = opening(logger, (opened) => {
      addAll(opened, ['later', 'rejects', 'at once'], closed);
      return Promise.reject(new Error('no such model'));
    });
    await expect(starting).rejects.toThrow('no such model');
    expect(closed).toEqual([2, 1, 0]);
    expect(logged).toEqual([{ err: new Error('1') }]);
  });
});
