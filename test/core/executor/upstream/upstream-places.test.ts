import { describe, expect, it } from 'vitest';
import { UpstreamPlaces } from '../../../../src/core/executor/upstream/upstream-places.js';

const placesByModel = new Map([
  ['a', 4],
  ['b', 2],
]);
const told = { kind: 'chatstream', places: 6, placesByModel, models: ['a', 'b', 'c'] } as const;

describe('the places of an upstream', () => {
  it('are those that it says, for each model and for all together', () => {
    const places = new UpstreamPlaces(null);
    places.tell(told, true);
    expect([places.all, places.of('a'), places.of('b')]).toEqual([6, 4, 2]);
    // It may take the place of another.
    expect(places.of('c')).toBe(6);
  });

  it('are those that it was given, with any of its models', () => {
    const places = new UpstreamPlaces(3);
    places.tell(told, true);
    expect([places.all, places.of('a'), places.of('b')]).toEqual([3, 3, 3]);
  });

  it('are one where nothing says how many, and no longer divided among models where another server has come', () => {
    const places = new UpstreamPlaces(null);
    places.tell(told, true);
    places.tell({ kind: 'openai', places: null, models: ['a', 'b'] }, true);
    expect([places.all, places.areKnown, places.of('a')]).toEqual([1, false, 1]);
  });

  it('are as many as before while it is too busy to say', () => {
    const places = new UpstreamPlaces(null);
    expect(places.told).toBeUndefined();
    places.tell({ kind: 'sglang', places: 48, models: ['a'] }, true);
    places.tell({ kind: 'sglang', places: undefined, models: ['a'] }, false);
    expect([places.all, places.told]).toEqual([48, undefined]);
  });
});
