import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hidingNames,
  withoutNames,
  withoutNamesInError,
} from '../../../../../src/core/server/protocol/relayed/hidden-names.js';
import { StreamWithoutNames } from '../../../../../src/core/server/protocol/relayed/hidden-names-in-streams.js';

const hiding = (...hidden: readonly string[]): ReturnType<typeof hidingNames> => hidingNames({ hidden, shown: [] });
const shown = (text: string, ...names: readonly string[]): string =>
  withoutNames(Buffer.from(text), hiding(...names)).toString();

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
    for (const text of ['chat-large', 'chat.v2', 'chat/v2', '/v1/chat', 'chats', 'chat:7b', 'wechat', 'schatz']) {
      expect(shown(text, 'chat')).toBe(text);
    }
  });

  it('are hidden with the name of a provider before them, unless the whole may be shown', () => {
    const hide = hidingNames({ hidden: ['large'], shown: ['our/large'] });
    expect(hide('openai/large failed: try a/b/large, our/large or https://example.com/large.')).toBe(
      '(another model) failed: try (another model), our/large or https://example.com/large.',
    );
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
        expect(withoutNames(bytes, hiding('a-name-that-is-not-there', ''))).toBe(bytes);
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

describe('an answer with an error', () => {
  const inError = (answer: object): unknown =>
    JSON.parse(withoutNamesInError(Buffer.from(JSON.stringify(answer)), hiding('large')).toString());

  it('shows the words of the model, and hides names in the error', () => {
    const output = [{ content: [{ text: 'A large error' }] }];
    expect(inError({ output, error: { message: 'Use large' } })).toEqual({
      output,
      error: { message: 'Use (another model)' },
    });
    expect(inError({ type: 'response.failed', response: { output, error: { message: 'Use large' } } })).toEqual({
      type: 'response.failed',
      response: { output, error: { message: 'Use (another model)' } },
    });
    expect(inError({ type: 'error', message: 'Use large' })).toEqual({ type: 'error', message: 'Use (another model)' });
    expect(inError({ output, error: null })).toEqual({ output, error: null });
  });
});

describe('a stream', () => {
  const events = [
    'data: {"choices":[{"delta":{"content":"A large error, ü"}}]}\n\n',
    ': error large\n\n',
    'event: error\r\ndata: Use large\r\n\r\n',
    'event: error\ndata: {"error":{"message":"ü: use large"}}\n\n',
    'data:{"error":{"message":"Use large"}}',
  ];

  it('has no names in its errors, wherever it is cut', () => {
    const whole = Buffer.from(events.join(''));
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const stream = new StreamWithoutNames(() => hiding('large'));
        const at = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
        const pieces = at.slice(1).map((end, index) => stream.push(whole.subarray(at[index], end)));
        expect(Buffer.concat([...pieces, stream.takeRest()]).toString()).toBe(
          [
            ...events.slice(0, 2),
            'event: error\r\ndata: Use (another model)\r\n\r\n',
            'event: error\ndata: {"error":{"message":"ü: use (another model)"}}\n\n',
            'data:{"error":{"message":"Use (another model)"}}',
          ].join(''),
        );
      }),
    );
  });

  it('passes on each event as soon as it is complete, and the beginning of one that is too long for an error', () => {
    const stream = new StreamWithoutNames(() => hiding('large'));
    expect(stream.push(Buffer.from('data: 1\n\ndata: 2')).toString()).toBe('data: 1\n\n');
    expect(stream.push(Buffer.from('\n')).toString()).toBe('');
    expect(stream.push(Buffer.from('\n')).toString()).toBe('data: 2\n\n');
    expect(stream.push(Buffer.alloc(1024 * 1024 + 1, 'a'))).toHaveLength(1024 * 1024 + 1);
    expect(stream.takeRest()).toHaveLength(0);
  });
});
