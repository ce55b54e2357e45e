import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberNames, withMember, withoutMembers } from '../../../src/core/relay/json-text.js';

describe('a JSON text with another value for a member', () => {
  it('stays as it was apart from that', () => {
    const text =
      '{ "seed": 12345678901234567890, "messages":[{"model":"inner \\"quoted\\" }"}],\n "model" : "a", "n":1e400}';
    expect(withMember(text, 'model', 'b')).toBe(text.replace('"model" : "a"', '"model" : "b"'));
  });

  it('gets the member if it had none', () => {
    expect(withMember('{"a":1}', 'model', 'b')).toBe('{"model":"b","a":1}');
    expect(withMember(' { } ', 'model', 'b')).toBe(' {"model":"b" } ');
  });

  it('changes the last of several, which is the one that counts', () => {
    expect(withMember('{"model":null,"model":"a"}', 'model', 'b')).toBe('{"model":null,"model":"b"}');
  });

  it('means the same as the object with that value', () => {
    // JSON.parse of Node.js 24 and 26 can take a name with an escape for another one.
    const name = fc.string().filter((text) => !text.includes('\\'));
    const objects = fc.dictionary(fc.oneof(name, fc.constant('model')), fc.jsonValue(), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(objects, fc.string(), fc.constantFrom(undefined, 2), (object, value, indent) => {
        const text = JSON.stringify(object, null, indent);
        expect(JSON.parse(withMember(text, 'model', value))).toEqual({ ...JSON.parse(text), model: value });
      }),
    );
  });
});

describe('a JSON text without some members', () => {
  it('keeps the text of the others', () => {
    const text = '{ "a":1, "b" : {"a":[12345678901234567890 ]},"\\u0061":2 ,"c":"}" }';
    expect(withoutMembers(text, new Set(['a']))).toBe('{"b" : {"a":[12345678901234567890 ]},"c":"}"}');
    expect(withoutMembers('{"a":1}', new Set(['a']))).toBe('{}');
    expect(withoutMembers(text, new Set(['x']))).toBe(text);
  });

  it('means the same as the object without them', () => {
    const objects = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.jsonValue(), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 2), (object, indent) => {
        const rest = Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'a' && name !== 'b'));
        const text = withoutMembers(JSON.stringify(object, null, indent), new Set(['a', 'b']));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(rest)));
      }),
    );
  });
});

describe('the names of the members of a JSON text', () => {
  it('are all that are written, also twice, and none of what is inside', () => {
    const text = '{ "model":"a", "x" : {"inner":[{"model":1}], "s":"\\"}" },"mod\\u0065l":2, "":null}';
    expect(memberNames(text)).toEqual(['model', 'x', 'model', '']);
    expect(memberNames(' { } ')).toEqual([]);
  });
});
