import { describe, expect, it } from 'vitest';
import { mockCalls } from '../../../../src/core/engine/mock/calls.js';

const weather = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Oslo', 'Quito'] } }, required: ['city'] },
  isStrict: false,
};
const answer = {
  name: 'final_result',
  parameters: {
    properties: { text: { type: 'string' }, degrees: { type: 'integer' }, note: { type: 'string' } },
    required: ['text', 'degrees'],
  },
  isStrict: false,
};
const automatic = { tools: [weather, answer], isRequired: false, isParallel: null };
const required = { ...automatic, isRequired: true };

function call(name: string, args: object): string {
  return `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
}

const sampleAnswer = call('final_result', { text: 'mock', degrees: 1 });

describe('the mock', () => {
  it('calls the tools that a message names, in their order there, with the objects that follow as arguments', () => {
    const message = 'final_result {"text": "{}"}, and get_weather';
    expect(mockCalls(message, false, automatic)).toEqual([
      call('final_result', { text: '{}' }),
      call('get_weather', { city: 'Oslo' }),
    ]);
  });

  it('makes one call where only one is allowed', () => {
    const single = { ...automatic, isParallel: false };
    expect(mockCalls('final_result, get_weather', false, single)).toEqual([sampleAnswer]);
  });

  it('calls nothing unless it must, if the message names no tool or has been answered', () => {
    expect(mockCalls('Hello!', false, automatic)).toEqual([]);
    expect(mockCalls('get_weather', true, automatic)).toEqual([]);
  });

  it('calls the first tool if it must call one', () => {
    expect(mockCalls('Hello!', false, required)).toEqual([call('get_weather', { city: 'Oslo' })]);
  });

  it('goes on to a tool that the message did not name, so that agents that answer by a call come to an end', () => {
    expect(mockCalls('get_weather', true, required)).toEqual([sampleAnswer]);
    expect(mockCalls('get_weather', true, { ...required, tools: [weather] })).toHaveLength(1);
  });
});
