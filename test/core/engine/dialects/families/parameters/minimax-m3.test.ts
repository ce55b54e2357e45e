import { describe, expect, it } from 'vitest';
import { minimaxM3 } from '../../../../../../src/core/engine/dialects/families/parameters/minimax-m3.js';
import type { Tool } from '../../../../../../src/core/engine/output-format.js';
import { accepts, read } from '../../harness.js';
import { testSyntax } from '../../syntax-tests.js';

const ns = ']<]minimax[>[';
const element = (name: string, ...content: readonly string[]): string =>
  `${ns}<${name}>${content.join('')}${ns}</${name}>`;
const call = (name: string, parameters: string): string => `${ns}<invoke name="${name}">${parameters}${ns}</invoke>\n`;
const block = (calls: string): string => `${ns}<tool_call>\n${calls}${ns}</tool_call>`;

const days = element('days', '3');
const b = element('b', '-2.5');
const oslo = call('get_weather', element('city', 'Oslo') + days);
const sum = call('add', element('a', '1') + b);

testSyntax(minimaxM3, {
  oslo: block(oslo),
  sum: block(sum),
  both: block(oslo + sum),
  now: block(call('now', '')),
  days,
  b,
});

describe('MiniMax M3', () => {
  const book: Tool = {
    name: 'book',
    parameters: {
      type: 'object',
      properties: {
        guests: {
          type: 'array',
          items: { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } } },
        },
        tags: { type: 'array', items: { type: 'string' } },
        options: { type: 'object', properties: { item: { type: 'string' } } },
      },
    },
    isStrict: false,
  };
  const dialect = { thoughts: null, calls: minimaxM3 };

  it('writes lists and objects as elements', () => {
    const guest = (name: string, age: string): string => element('item', element('name', name), element('age', age));
    const parameters = [
      element('guests', guest('7', '7'), guest('Bo', '8')),
      element('tags', element('item', 'a "b"'), element('item', '1')),
      element('options', element('item', 'x')),
    ];
    expect(read(dialect, block(call('book', parameters.join(''))), { tools: [book] }).calls).toEqual([
      {
        name: 'book',
        arguments: {
          guests: [
            { name: '7', age: 7 },
            { name: 'Bo', age: 8 },
          ],
          tags: ['a "b"', '1'],
          options: { item: 'x' },
        },
      },
    ]);
  });

  it('also reads JSON, which is what a grammar allows', () => {
    const text = block(call('book', element('tags', '["a"]') + element('options', '')));
    expect(read(dialect, text, { tools: [book] }).calls[0]?.arguments).toEqual({ tags: ['a'], options: {} });
    expect(accepts(minimaxM3, block(call('book', element('tags', '["a"]'))), { tools: [book] })).toBe(true);
    expect(accepts(minimaxM3, block(call('book', element('tags', '[1]'))), { tools: [book] })).toBe(false);
  });
});
