import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CustomInput,
  functionOfCustom,
} from '../../../../../../src/core/server/protocol/responses/items/custom-tools.js';
import { inputItems } from '../../../../../../src/core/server/protocol/responses/items/input-items.js';
import { fromResponseRequest } from '../../../../../../src/core/server/protocol/responses/response-requests.js';

function read(pieces: readonly string[]): string {
  const reading = new CustomInput();
  return pieces.map((piece) => reading.push(piece)).join('') + reading.end();
}

/** The pieces of a text that is cut at some places. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

describe('the input of a custom tool', () => {
  it('is the text in the arguments, wherever they are cut', () => {
    const inputs = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('\n', '"', '\\', '🙂', 'a') }),
    );
    fc.assert(
      fc.property(inputs, fc.boolean(), fc.array(fc.nat(200)), (input, isAscii, places) => {
        const plain = JSON.stringify({ input });
        const json = isAscii ? plain.replaceAll(/[^\x20-\x7e]/g, escaped) : plain;
        expect(read(cut(json, places))).toBe(input);
      }),
    );
  });

  it('is given out as it comes, in whole characters', () => {
    const reading = new CustomInput();
    const pieces = ['{ "inp', 'ut" :"a', 'b\\', 'n\\ud83d', '\\ude', '42c"', '}'];
    expect(pieces.map((piece) => reading.push(piece))).toEqual(['', 'a', 'b', '\n', '', '🙂c', '']);
    expect(reading.end()).toBe('');
  });

  it('ends where a call is cut off', () => {
    expect(read(['{"input":"ab\\'])).toBe('ab');
    expect(read(['{"inp'])).toBe('');
  });

  it('is what there is, if the arguments have another form', () => {
    expect(read(['{"path":"x","input":"a"}'])).toBe('a');
    expect(read(['{"path":"x"}'])).toBe('{"path":"x"}');
    expect(read(['*** Begin'])).toBe('*** Begin');
  });
});

function escaped(unit: string): string {
  return Array.from({ length: unit.length }, (_, at) => `\\u${unit.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

describe('the tools of a response', () => {
  it('have schemas that errors name by the parameter that has them', () => {
    const offline = { type: 'web_search', external_web_access: false };
    const files = { type: 'namespace', name: 'files', tools: [{ type: 'custom', name: 'patch' }] };
    const body = { input: 'Hi', tools: [offline, files, { type: 'function', name: 'now' }] };
    const items = inputItems(body.input, { key: 'k', find: () => expect.unreachable(), param: 'input' });
    const { format } = fromResponseRequest(body, 'resp_1', items, 10);
    expect(format).toMatchObject({
      demand: {
        tools: [
          { name: 'files__patch', param: 'tools.1.tools.0.format' },
          { name: 'now', param: 'tools.2.parameters' },
        ],
      },
    });
  });
});

describe('a live search', () => {
  it('is refused without other tools, with the setting of codex that leaves it out', () => {
    const body = { input: 'Hi', tools: [{ type: 'web_search', external_web_access: true }] };
    const items = inputItems(body.input, { key: 'k', find: () => expect.unreachable(), param: 'input' });
    expect(() => fromResponseRequest(body, 'resp_1', items, 10)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param: 'tools.0.type',
        hint: expect.stringContaining('In codex, set web_search to "disabled".') as string,
      }),
    );
  });
});

describe('a custom tool as a function', () => {
  const tool = { type: 'custom', name: 'patch', description: 'Patches.' };

  it('has one text as its parameter', () => {
    expect(functionOfCustom(tool, 'tools.0')).toMatchObject({
      type: 'function',
      name: 'patch',
      description: 'Patches.',
      parameters: { properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false },
    });
  });

  it('tells the model of a grammar, and holds it to a regular expression', () => {
    const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
    expect(functionOfCustom({ ...tool, format: grammar }, 'tools.0').description).toContain('start: "x"');
    const format = { type: 'grammar', syntax: 'regex', definition: 'a|b' };
    expect(functionOfCustom({ ...tool, format }, 'tools.0')).toMatchObject({
      parameters: { properties: { input: { pattern: '^(?:a|b)$' } } },
    });
  });

  it('is refused with a format that is not known', () => {
    const format = { type: 'grammar', syntax: 'peg', definition: 'x' };
    expect(() => functionOfCustom({ ...tool, format }, 'tools.3')).toThrow('The format of "tools.3" is not known.');
  });
});
