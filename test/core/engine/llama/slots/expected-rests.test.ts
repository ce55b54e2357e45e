import { expect, it, vi } from 'vitest';
import { ExpectedRests } from '../../../../../src/core/engine/llama/slots/expected-rests.js';

it('finds out once what stays the same, and again when slots hold something else', () => {
  const rests = new ExpectedRests<object>();
  const [first, second] = [{}, {}];
  const find = vi.fn<() => number>().mockReturnValueOnce(100).mockReturnValueOnce(30).mockReturnValue(5);
  const round = (isAlone = false): readonly number[] => [
    rests.of(first, isAlone, find),
    rests.of(second, isAlone, find),
  ];
  expect(round()).toEqual([100, 30]);
  expect(round()).toEqual([100, 30]);
  expect(find).toHaveBeenCalledTimes(2);
  rests.forget();
  expect(round()).toEqual([5, 5]);
  expect(find).toHaveBeenCalledTimes(4);
  round(true);
  expect(find).toHaveBeenCalledTimes(6);
});

it('looks again when a neighbour has read a few chunks of its prompt', () => {
  const rests = new ExpectedRests<object>();
  const waiting = {};
  let shared = 0;
  const round = (): number => rests.of(waiting, false, () => 1000 - shared);
  expect(round()).toBe(1000);
  for (shared = 128; shared < 8 * 128; shared += 128) {
    rests.read(128, 128);
    expect(round()).toBe(1000);
  }
  rests.read(128, 128);
  expect(round()).toBe(1000 - shared);
});
