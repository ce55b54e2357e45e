import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masked, type ResumingHouse, resumingHouse, shortResumingRequests } from '../support/resuming.js';

describe('a short answer of a chatstream upstream', () => {
  let house: ResumingHouse;
  beforeAll(async () => {
    house = await resumingHouse();
  });
  afterAll(async () => {
    await house.close();
  });

  it.each(shortResumingRequests)(
    'goes on elsewhere, whichever byte of every second one was the last: $what',
    async (request) => {
      const expected = masked(await house.whole(request));
      expect(expected).toMatch(request.end);
      const recorded = await house.recorded(request);
      // What is cut off before its first token is asked for once more, which is another matter.
      const begin = Math.max(0, recorded.indexOf('\n: tokens ') - 100);
      // Even or odd ones, by chance: all of them take more than a minute.
      const first = begin + Math.floor(Math.random() * 2);
      for (let cut = first; cut <= recorded.length; cut += 2) {
        house.plan.next.push(cut);
        const answer = await house.relayed(request);
        expect(house.plan.next).toEqual([]);
        expect(masked(answer), `cut after ${cut} bytes`).toBe(expected);
        expect(request.ids(answer).size).toBe(1);
        request.check(answer);
      }
    },
    600_000,
  );
});
