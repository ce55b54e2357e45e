import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { atEndOfTurn, letOthersGoFirst } from '../../../src/core/base/end-of-turn.js';

/** In which order things happen that are put off in one turn of the event loop. */
async function order(putOff: (note: (what: string) => () => void) => void): Promise<readonly string[]> {
  // From within a turn: its end is still to come.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const happened: string[] = [];
  const note = (what: string) => () => {
    happened.push(what);
  };
  putOff(note);
  await nextTurn();
  return happened;
}

describe('the end of a turn', () => {
  it('comes when all else of it is done, and in the order in which it was asked for', async () => {
    const happened = await order((note) => {
      atEndOfTurn(note('one'));
      atEndOfTurn(note('two'));
      process.nextTick(note('tick'));
    });
    expect(happened).toEqual(['tick', 'one', 'two']);
  });

  it('is put behind what others have put off until now', async () => {
    const happened = await order((note) => {
      atEndOfTurn(note('piece'));
      setImmediate(note('request'));
      letOthersGoFirst();
      setImmediate(note('later'));
    });
    expect(happened).toEqual(['request', 'piece', 'later']);
  });

  it('comes in this turn however often others go first', async () => {
    const happened = await order((note) => {
      letOthersGoFirst();
      for (const request of ['one', 'two', 'three']) {
        atEndOfTurn(note(`piece ${request}`));
        setImmediate(note(request));
        letOthersGoFirst();
      }
    });
    expect(happened).toEqual(['one', 'two', 'three', 'piece one', 'piece two', 'piece three']);
  });
});
