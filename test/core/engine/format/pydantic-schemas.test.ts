import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

/** As pydantic 2.13 writes them for its fields. */
const models: readonly (readonly [name: string, schema: Record<string, unknown>, yes: string, no: string])[] = [
  [
    'Decimal',
    {
      anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$' }],
      title: 'Price',
    },
    '"-12.50"',
    '"-"',
  ],
  [
    'Decimal with max_digits and decimal_places',
    {
      anyOf: [
        { type: 'number' },
        {
          pattern: '^(?!^[-+.]*$)[+-]?0*(?:\\d{0,3}|(?=[\\d.]{1,6}0*$)\\d{0,3}\\.\\d{0,2}0*$)',
          type: 'string',
        },
      ],
      title: 'Price',
    },
    '"123.45"',
    '"-."',
  ],
  [
    'dict[Enum, int]',
    {
      $defs: { Color: { enum: ['red', 'green'], title: 'Color', type: 'string' } },
      ...{ type: 'object', title: 'M', required: ['counts'] },
      properties: {
        counts: { additionalProperties: { type: 'integer' }, propertyNames: { $ref: '#/$defs/Color' }, type: 'object' },
      },
    },
    '{"counts":{"red":1}}',
    '{"counts":{"blue":1}}',
  ],
  [
    'datetime | date',
    {
      anyOf: [
        { format: 'date-time', type: 'string' },
        { format: 'date', type: 'string' },
      ],
      title: 'When',
    },
    '"2024-02-29"',
    '"2024"',
  ],
  ['a positive multiple_of=1000', { exclusiveMinimum: 0, multipleOf: 1000, title: 'N', type: 'integer' }, '25000', '0'],
  [
    'set[Enum]',
    {
      $defs: { Color: { enum: ['red', 'green'], title: 'Color', type: 'string' } },
      ...{ type: 'object', title: 'M', required: ['colors'] },
      properties: { colors: { items: { $ref: '#/$defs/Color' }, title: 'Colors', type: 'array', uniqueItems: true } },
    },
    '{"colors":["green","red"]}',
    '{"colors":["red","red"]}',
  ],
  ['timedelta', { format: 'duration', title: 'Pause', type: 'string' }, '"P1DT2H"', '"1 day"'],
  [
    'dict[int, bool]',
    { additionalProperties: { type: 'boolean' }, title: 'Flags', type: 'object' },
    '{"1":true}',
    '{"1":1}',
  ],
  [
    'dict[pattern, int]',
    { patternProperties: { '^[a-z]+$': { type: 'integer' } }, title: 'Counts', type: 'object' },
    '{"ab":1}',
    '{"AB":1}',
  ],
  [
    'Optional[constr]',
    { anyOf: [{ maxLength: 3, minLength: 1, type: 'string' }, { type: 'null' }], default: null, title: 'Code' },
    '"abc"',
    '""',
  ],
  [
    'a subclass of a base model, with a description beside the reference',
    {
      $defs: { Base: { type: 'object', title: 'Base', properties: { id: { type: 'integer' } }, required: ['id'] } },
      ...{ type: 'object', title: 'M', required: ['base'] },
      properties: { base: { $ref: '#/$defs/Base', description: 'What it is based on' } },
    },
    '{"base":{"id":1}}',
    '{"base":{}}',
  ],
  [
    'HttpUrl',
    { format: 'uri', maxLength: 2083, minLength: 1, title: 'Site', type: 'string' },
    '"https://user-content.example.com:8443/a/b%20c?d=e&f=%C3%A9#g"',
    '"no URL"',
  ],
  [
    'tuple[int, str]',
    {
      ...{ maxItems: 2, minItems: 2, title: 'Pair', type: 'array' },
      prefixItems: [{ type: 'integer' }, { type: 'string' }],
    },
    '[1,"a"]',
    '[1]',
  ],
];

describe('what pydantic says', () => {
  it.each(models)('%s', (_, schema, yes, no) => {
    const matcher = new GrammarMatcher(compileFormat({ type: 'json_schema', schema }).rules);
    expect([yes, no].filter((text) => matcher.match(text).accepted)).toEqual([yes]);
  });
});
