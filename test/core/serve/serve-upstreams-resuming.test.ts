import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masked, type ResumingHouse, resumingHouse, resumingRequests } from '../../support/resuming.js';

describe('an answer of a chatstream upstream that breaks off', () => {
  let house: ResumingHouse;
  /** With servers that take their time. */
  let slow: ResumingHouse;
  beforeAll(async () => {
    house = await resumingHouse();
    slow = await resumingHouse(20);
  });
  afterAll(async () => {
    await house.close();
    await slow.close();
  });

  it.each(resumingRequests)('goes on elsewhere without a seam, wherever it was cut: $what', async (request) => {
    const { plan } = house;
    const expected = masked(await house.whole(request));
    expect(expected).toMatch(request.end);
    for (let quarter = 1; quarter <= 4; quarter += 1) {
      // Later, what was resumed is cut once more.
      plan.next.push(Math.round((expected.length * quarter) / 4), ...(quarter > 2 ? [expected.length / 4] : []));
      const answer = await house.relayed(request);
      expect(plan.next).toEqual([]);
      expect(masked(answer)).toBe(expected);
      expect(request.ids(answer).size).toBe(1);
      request.check(answer);
    }
  });

  it.each(resumingRequests.filter(({ what }) => /several choices|: a text$/.test(what)))(
    'goes on elsewhere when its server is shut down: $what',
    async (request) => {
      const expected = masked(await slow.whole(request));
      const answer = await slow.interrupted(request);
      expect(masked(answer)).toBe(expected);
      expect(request.ids(answer).size).toBe(1);
      request.check(answer);
    },
  );
});
