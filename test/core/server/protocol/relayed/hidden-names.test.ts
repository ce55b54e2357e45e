import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutNames } from '../../../../../src/core/server/protocol/relayed/hidden-names.js';

const shown = (text: string, ...names: readonly string[]): string => withoutNames(Buffer.from(text), names).toString();

describe('names of models in the error of an upstream', () => {
  it('are hidden wherever they are in JSON, however they are written', () => {
    const error = '{"error":{"message":"Use org\\/large or \\"l\\u0061rge\\".","models":["large"],"large":1}}';
    expect(JSON.parse(shown(error, 'large', 'org/large'))).toEqual({
      error: {
        message: 'Use (another model) or "(another model)".',
        models: ['(another model)'],
        '(another model)': 1,
      },
    });
  });

  it('are hidden in other texts, at the end of a sentence as well', () => {
    expect(shown('Try large. Or v1.2, or c++! For tiny: later', 'large', 'v1.2', 'c++', 'tiny')).toBe(
      'Try (another model). Or (another model), or (another model)! For (another model): later',
    );
  });

  it('are not parts of other names', () => {
    for (const text of ['chat-large', 'chat.v2', 'my/chat', 'chats', 'chat:7b', 'wechat', 'schatz']) {
      expect(shown(text, 'chat')).toBe(text);
    }
  });

  it('are left where a protocol has its own words', () => {
    const error = JSON.stringify({ error: { message: 'No such model', type: 'model', code: 'model', param: 'model' } });
    expect(JSON.parse(shown(error, 'model'))).toEqual({
      error: { message: 'No such (another model)', type: 'model', code: 'model', param: 'model' },
    });
  });

  it('do not take away members that clients look for', () => {
    const error = JSON.stringify({
      error: { message: 'full', code: 'context_length_exceeded' },
      status: 400,
      large: 1,
    });
    expect(JSON.parse(shown(error, 'code', 'error', 'message', 'status', 'large'))).toEqual({
      error: { message: 'full', code: 'context_length_exceeded' },
      status: 400,
      '(another model)': 1,
    });
  });

  it('change no byte where there are none', () => {
    const body = fc.oneof(fc.json(), fc.string()).map((text) => Buffer.from(text));
    fc.assert(
      fc.property(body, (bytes) => {
        expect(withoutNames(bytes, ['a-name-that-is-not-there', ''])).toBe(bytes);
      }),
    );
  });

  it('are gone whatever signs they consist of', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(name, (each) => {
        expect(JSON.parse(shown(JSON.stringify({ message: `There is ${each} too` }), each))).toEqual({
          message: 'There is (another model) too',
        });
      }),
    );
  });
});
