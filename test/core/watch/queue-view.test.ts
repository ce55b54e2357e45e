import { expect, it } from 'vitest';
import { isQueueView, roomOf } from '../../../src/core/watch/queue-view.js';
import { readingAt } from './readings.js';

const { queue } = readingAt(0);

it('has room for as many waiting requests as its limit says where there is one line', () => {
  expect(roomOf(queue)).toEqual({ running: 4, waiting: 64 });
});

it('has that room in each of several lines, which share the places of others', () => {
  const several = { ...queue, lines: 3 };
  expect(isQueueView(several)).toBe(true);
  expect(roomOf(several)).toEqual({ running: 4, waiting: 192 });
});
