import { describe, expect, it } from 'vitest';
import { arrange } from '../../../console/src/queue/places.js';

describe('the places of running requests', () => {
  it.each([
    { places: 1, density: 'full', shown: 1 },
    { places: 8, density: 'full', shown: 8 },
    { places: 30, density: 'short', shown: 30 },
    { places: 100, density: 'tile', shown: 100 },
    { places: 5000, density: 'tile', shown: 135 },
  ])('$places are drawn as $density', ({ places, density, shown }) => {
    expect(arrange(places, 45, 45)).toMatchObject({ density, shown });
  });

  it('are one at least, even in an area that has no size yet', () => {
    expect(arrange(4, 0, 0)).toMatchObject({ columns: 1, shown: 1 });
  });
});
