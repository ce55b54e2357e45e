import { describe, expect, it } from 'vitest';
import { ValueShape } from '../../../../../../src/core/engine/dialects/calls/parameters/parameter-kinds.js';

const all = ['null', 'boolean', 'number', 'string', 'array', 'object'];

const kindsOf = (schema: unknown): readonly string[] => [
  ...new ValueShape({
    properties: { a: schema },
    $defs: { text: { type: 'string' }, loop: { $ref: '#/$defs/loop' } },
  }).property('a').kinds,
];

describe('ValueShape', () => {
  it.each<readonly [unknown, readonly string[]]>([
    [{ type: 'string' }, ['string']],
    [{ type: 'integer' }, ['number']],
    [{ type: ['string', 'null'] }, ['null', 'string']],
    [{ type: 'string', nullable: true }, ['null', 'string']],
    [{ type: 'string', nullable: true, enum: ['a'] }, ['null', 'string']],
    [{ nullable: true, allOf: [{ $ref: '#/$defs/text' }] }, ['null', 'string']],
    [{ enum: ['a', 1] }, ['number', 'string']],
    [{ const: 'a' }, ['string']],
    [{ pattern: '^a' }, ['string']],
    [{ $ref: '#/$defs/text' }, ['string']],
    [{ anyOf: [{ $ref: '#/$defs/text' }, { type: 'null' }] }, ['null', 'string']],
    [{ allOf: [{ type: ['string', 'number'] }, { enum: ['a', null] }] }, ['string']],
    [{ oneOf: [{ items: {} }, { properties: {} }] }, ['array', 'object']],
    [{ description: 'Anything' }, all],
    [{ $ref: '#/$defs/loop' }, all],
    [{ $ref: '#/$defs/missing' }, all],
    [{ $ref: 'https://example.com' }, all],
    [{ type: 'string', enum: [1] }, all],
    [{ type: 'unknown' }, all],
    [true, all],
    [undefined, all],
  ])('tells the kinds of %j', (schema, expected) => {
    expect(kindsOf(schema)).toEqual(expected);
  });

  it('finds properties and items in every part of a schema', () => {
    const root = {
      allOf: [{ $ref: '#/$defs/more' }],
      anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { a: { type: 'null' } } }],
      $defs: {
        more: { properties: { list: { items: { type: 'boolean' } } }, additionalProperties: { type: 'number' } },
      },
    };
    const shape = new ValueShape(root);
    expect([...shape.property('a').kinds]).toEqual(['string', 'null']);
    expect([...shape.property('list').item().kinds]).toEqual(['boolean']);
    expect([...shape.property('other').kinds]).toEqual(['number']);
    expect([...shape.property('list').property('x').kinds]).toEqual(all);
  });
});

it('ends for schemas that refer to themselves several times', () => {
  const self = { $ref: '#' };
  const schema = { type: 'object', allOf: [self, self, self, self], anyOf: [self, self, { properties: { a: self } }] };
  expect(new ValueShape(schema).property('a').kinds.size).toBeGreaterThan(0);
});
