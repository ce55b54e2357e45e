import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masked, type ResumingHouse, resumingHouse, resumingRequests } from '../../support/resuming.js';

describe('an answer of a chatstream upstream that breaks off', () => {
  let house: ResumingHouse;
  beforeAll(async () => {
    house = await resumingHouse();
  });
  afterAll(async () => {
    await house.close();
  });

  it.each(resumingRequests)('goes on elsewhere without a seam, wherever it was cut: $what', async (request) => {
    const { plan } = house;
    const expected = masked(await house.whole(request));
    expect(expected).toMatch(request.end);
    for (let sixth = 0; sixth <= 6; sixth += 1) {
      // Later, what was resumed is cut once more.
      plan.next.push(Math.round((expected.length * sixth) / 6), ...(sixth > 4 ? [expected.length / 4] : []));
      const answer = await house.relayed(request);
      expect(plan.next).toEqual([]);
      expect(masked(answer)).toBe(expected);
      expect(request.ids(answer).size).toBe(1);
      request.check(answer);
    }
  });
});
