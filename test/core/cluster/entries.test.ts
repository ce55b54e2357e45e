import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { schemaVersion } from '../../../src/core/cluster/channel/envelope.js';
import { decodeEntry, encodeEntry, encodeLongEntry } from '../../../src/core/cluster/entries.js';

const shape = Type.Object({ version: Type.Integer(), texts: Type.Array(Type.String()) });

describe('an entry that may be long', () => {
  it('is read as it was written, whether it is compressed or not, and is never longer than it may be', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 40, max: 3000 }), (written, mostBytes) => {
        const value = encodeLongEntry({ texts: written }, mostBytes);
        if (value === null) {
          expect(encodeEntry({ texts: written }).length).toBeGreaterThan(mostBytes);
          return;
        }
        expect(value.length).toBeLessThanOrEqual(mostBytes);
        expect(decodeEntry(shape, value)).toEqual({
          type: 'entry',
          value: { version: schemaVersion, texts: written },
        });
      }),
    );
  });

  it('is plain JSON as long as that fits', () => {
    const entry = { texts: ['a', 'b'] };
    const plain = encodeEntry(entry);
    expect(encodeLongEntry(entry, plain.length)).toEqual(plain);
    expect(encodeLongEntry(entry, plain.length - 1)).toBeNull();
  });

  it('says another version than that of the schema where it is compressed', () => {
    const entry = { texts: Array.from({ length: 200 }, () => 'the same text') };
    const packed = encodeLongEntry(entry, encodeEntry(entry).length - 1);
    const { version } = JSON.parse(Buffer.from(packed ?? []).toString('utf8')) as { readonly version: number };
    expect(version).not.toBe(schemaVersion);
  });

  it.each([
    ['other text', { version: 1000, gzip: 'AAAA' }, 'unreadable'],
    ['no text', { version: 1000 }, 'foreign'],
    ['nothing', {}, 'unreadable'],
  ])('is not taken for one where there is %s', (_what, value, type) => {
    expect(decodeEntry(shape, Buffer.from(JSON.stringify(value)))).toMatchObject({ type });
  });
});
