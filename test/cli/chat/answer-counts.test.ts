import { expect, it } from 'vitest';
import { countsText } from '../../../src/cli/chat/answer-counts.js';

it.each([
  [
    'a fast one, whose first text is not called immediate',
    { tokens: 16, firstTextMs: 23.41, queueMs: 0.1, decodeSeconds: 0.0794 },
    '16 tokens · 189 tokens/s · first after 23.4 ms',
  ],
  [
    'one that waited in line',
    { tokens: 57, firstTextMs: 1204, queueMs: 812, decodeSeconds: 2.33 },
    '57 tokens · 24.0 tokens/s · first after 1.20 s, 812 ms of it in the queue',
  ],
  [
    'a slow one',
    { tokens: 2, firstTextMs: 61_300, queueMs: null, decodeSeconds: 3 },
    '2 tokens · 0.333 tokens/s · first after 61.3 s',
  ],
  [
    'one of a single token',
    { tokens: 1, firstTextMs: 80, queueMs: null, decodeSeconds: 0 },
    '1 token · first after 80.0 ms',
  ],
  ['one without text', { tokens: 3, firstTextMs: null, queueMs: null, decodeSeconds: 0 }, '3 tokens'],
])('counts %s', (_, counts, text) => {
  expect(countsText(counts)).toBe(text);
});
