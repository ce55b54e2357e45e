import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { questionIndex, type Speaker } from '../../../../../src/core/server/protocol/requests/unreadable-parts.js';

const speaker = fc.constantFrom<Speaker>('user', 'result', 'other');

describe('the question of a conversation', () => {
  it.each<[name: string, speakers: readonly Speaker[], index: number]>([
    ['is the last message of the user', ['other', 'user', 'other', 'user'], 3],
    ['is it also with an answer that was begun, or a note of the system', ['user', 'other', 'other'], 0],
    ['is an earlier one no more once tools were called', ['user', 'other', 'result'], -1],
    ['is none that comes right after results, which is what they could not contain', ['user', 'result', 'user'], -1],
    ['is one that comes after the answer to results', ['user', 'result', 'other', 'user'], 3],
    ['is nothing where the user says nothing', ['other'], -1],
    ['is nothing in an empty one', [], -1],
  ])('%s', (_, speakers, index) => {
    expect(questionIndex(speakers)).toBe(index);
  });

  it('is nothing that was said before the next question', () => {
    fc.assert(
      fc.property(fc.array(speaker), (before) => {
        expect(questionIndex([...before, 'other', 'user'])).toBe(before.length + 1);
      }),
    );
  });
});
