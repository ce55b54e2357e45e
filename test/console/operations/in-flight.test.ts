import { expect, it } from 'vitest';
import { inFlightOf } from '../../../console/src/operations/in-flight.js';

it.each([
  ['running', 6],
  ['stopping', 6],
  ['completed', 0],
  ['stopped', 0],
  ['failed', 0],
] as const)('a load test that is %s has %d requests in flight, although its last figures say 6', (status, count) => {
  expect(inFlightOf({ status, figures: { in_flight: 6 } })).toBe(count);
  expect(inFlightOf({ status, figures: null })).toBe(0);
});
