import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { questionAmong, type Speaker } from '../../../../../src/core/server/protocol/requests/unreadable-parts.js';

const speaker = fc.constantFrom<Speaker>('user', 'assistant', 'result', 'other');
const speakers = fc.array(speaker);

function questionIn(given: readonly Speaker[]): readonly number[] {
  const isAmong = questionAmong(given);
  return [...given.keys()].filter(isAmong);
}

describe('the question of a conversation', () => {
  it.each<[name: string, speakers: readonly Speaker[], indexes: readonly number[]]>([
    ['is the last message of the user', ['assistant', 'user', 'assistant', 'user'], [3]],
    ['is all that the user has said since the last answer', ['user', 'assistant', 'user', 'user'], [2, 3]],
    ['is it also with notes of the system', ['user', 'assistant', 'other', 'user', 'other', 'user', 'other'], [3, 5]],
    ['is it also with an answer that was begun', ['user', 'assistant', 'user', 'user', 'assistant'], [2, 3]],
    ['is an earlier one no more once tools were called', ['user', 'assistant', 'result'], []],
    ['is none that comes right after results, which is what they could not contain', ['user', 'result', 'user'], []],
    ['is what comes after that', ['user', 'result', 'user', 'user'], [3]],
    ['is one that comes after the answer to results', ['user', 'result', 'assistant', 'user'], [3]],
    ['is nothing where the user says nothing', ['other', 'assistant'], []],
    ['is nothing in an empty one', [], []],
  ])('%s', (_, given, indexes) => {
    expect(questionIn(given)).toEqual(indexes);
  });

  it('is nothing that was said before the last answer', () => {
    fc.assert(
      fc.property(speakers, fc.integer({ min: 1, max: 5 }), (before, count) => {
        const asked = Array.from({ length: count }, (): Speaker => 'user');
        const question = questionIn([...before, 'assistant', ...asked]);
        expect(question).toEqual(asked.map((_, index) => before.length + 1 + index));
      }),
    );
  });

  it('consists of messages of the user', () => {
    fc.assert(
      fc.property(speakers, (given) => {
        for (const index of questionIn(given)) expect(given[index]).toBe('user');
      }),
    );
  });
});
