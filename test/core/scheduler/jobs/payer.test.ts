import { expect, it } from 'vitest';
import { addressPayer, isAddress, keyOf } from '../../../../src/core/scheduler/jobs/payer.js';

it('tells addresses from keys, also from one that has a space in its name', () => {
  const address = addressPayer('192.0.2.7');
  expect([address, 'anna', 'anonymous', 'load test'].map(isAddress)).toEqual([true, false, false, false]);
  expect([address, 'anna', 'load test'].map(keyOf)).toEqual(['anonymous', 'anna', 'load test']);
});
