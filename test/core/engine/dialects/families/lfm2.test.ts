import { describe, expect, it } from 'vitest';
import { lfm2 } from '../../../../../src/core/engine/dialects/families/lfm2.js';
import type { Tool } from '../../../../../src/core/engine/output-format.js';
import { accepts, read } from '../harness.js';
import { testSyntax } from '../syntax-tests.js';

const list = (...calls: readonly string[]): string => `<|tool_call_start|>[${calls.join(', ')}]<|tool_call_end|>`;
const oslo = 'get_weather(city="Oslo", days=3)';
const sum = 'add(a=1, b=-2.5)';

testSyntax(lfm2, {
  ...{ oslo: list(oslo), sum: list(sum), both: list(oslo, sum), now: list('now()') },
  ...{ days: ', days=3', b: ', b=-2.5' },
});

describe('LFM2', () => {
  const run: Tool = {
    name: 'run',
    parameters: {
      type: 'object',
      properties: {
        code: { type: 'string' },
        quiet: { type: 'boolean' },
        values: { type: 'array' },
        options: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
        id: { type: 'string', pattern: "^[A-Z'\\n]{2}$" },
      },
      required: ['code'],
      additionalProperties: false,
    },
    isStrict: true,
  };
  const tools = [run];

  it.each<readonly [string, unknown]>([
    [String.raw`code='it\'s', quiet=True`, { code: "it's", quiet: true }],
    [`code='it's (a) "test"', quiet=False`, { code: 'it\'s (a) "test"', quiet: false }],
    [String.raw`code="a\n\"b\"\\\x41\u00e9\U0001F600\ud83d\ude00\q"`, { code: 'a\n"b"\\Aé😀😀\\q' }],
    [
      `code = "x" , values = [1, -2.5, 1_000, .5, 'a', None, (1, 2,), [], {}],`,
      {
        code: 'x',
        values: [1, -2.5, 1000, 0.5, 'a', null, [1, 2], [], {}],
      },
    ],
    [`code="é😀\n", options={"a": "b", 'c': null}`, { code: 'é😀\n', options: { a: 'b', c: null } }],
    ['code=bare, quiet=true', { code: 'bare', quiet: true }],
    ['', {}],
  ])('reads %s', (parameters, expected) => {
    expect(read({ thoughts: null, calls: lfm2 }, list(`run(${parameters})`), { tools }).calls).toEqual([
      { name: 'run', arguments: expected },
    ]);
  });

  it.each([
    [true, String.raw`code="a \"b\" 'c'", quiet=True, id="'\n"`],
    [true, String.raw`code='a "b" \'c\'\n', quiet=false, id='\'A'`],
    [true, `code="", values=["a", 1, None, 'b'], options={"a": 'x', "b": None}`],
    [false, `code="x", id='ABC'`],
    [false, `code='it's'`],
    [false, 'code=x'],
    [false, 'code="x", quiet=1'],
    [false, 'quiet=True'],
  ])('says %s to %s', (isAllowed, parameters) => {
    expect(accepts(lfm2, list(`run(${parameters})`), { tools })).toBe(isAllowed);
  });

  it('refuses names that end too early, where it has to hold them', () => {
    const named = (name: string, isStrict: boolean): Tool => ({
      name: 'run',
      parameters: { type: 'object', properties: { [name]: { type: 'integer' } }, additionalProperties: false },
      isStrict,
    });
    expect(accepts(lfm2, list('run(größe=1)'), { tools: [named('größe', true)] })).toBe(true);
    for (const name of ['a b', 'a=b', '']) {
      expect(() => accepts(lfm2, list('run()'), { tools: [named(name, true)] })).toThrow(
        expect.objectContaining({
          code: 'invalid_request',
          message: expect.stringContaining(`cannot write the name ${JSON.stringify(name)}`) as string,
        }),
      );
      expect(accepts(lfm2, list('run(c=1)'), { tools: [named(name, false)] })).toBe(true);
    }
  });
});
