import { expect, it } from 'vitest';
import { refuseTooMany } from '../../../../../src/core/server/protocol/completions/choices.js';

const two = { perPrompt: 2, param: 'n' } as const;

it('refuses more answers than can run at once', () => {
  expect(() => {
    refuseTooMany(1, two, { maxConcurrency: 1, maxQueue: 64 });
  }).toThrow('"n" can be at most 1, the number of generations that run at once.');
});

it('leaves it to others to refuse requests while a cluster has no nodes', () => {
  expect(() => {
    refuseTooMany(1, two, { maxConcurrency: 0, maxQueue: 0 });
  }).not.toThrow();
});
