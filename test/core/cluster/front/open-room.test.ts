import { describe, expect, it } from 'vitest';
import { openRoom } from '../../../../src/core/cluster/front/open-room.js';

/** Payers of whom none may be asked for. */
class Unread extends Map<string, number> {
  override [Symbol.iterator](): never {
    throw new Error('All payers were gone through.');
  }
}

describe('the room of a front', () => {
  it('is not looked for payer by payer, however many requests are on their way', () => {
    const room = openRoom(
      () => false,
      () => 1,
    );
    expect(() => {
      room.assertVacancyFor({ key: 'anna' }, 4, { total: 10_000, byPayer: new Unread() });
    }).not.toThrow();
  });

  it('is closed while the front drains', () => {
    const room = openRoom(
      () => true,
      () => 1,
    );
    expect(() => {
      room.assertVacancyFor({ key: 'anna' }, 1);
    }).toThrow(/shutting down|draining/i);
  });
});
