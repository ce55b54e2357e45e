import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { schemaVersion } from '../../../src/core/cluster/channel/envelope.js';
import { decodeEntry, encodeEntry, encodeLongEntry } from '../../../src/core/cluster/entries.js';
import { parseAs } from '../../support/parse-as.js';

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

  it('says the version of its schema also where it is compressed, and is not read by another one', () => {
    const entry = { texts: Array.from({ length: 200 }, () => 'the same text') };
    const packed = Buffer.from(encodeLongEntry(entry, encodeEntry(entry).length - 1) ?? []).toString('utf8');
    const { version, ...others } = parseAs(Type.Object({ version: Type.Integer() }), JSON.parse(packed));
    expect([version, Object.keys(others)]).toEqual([schemaVersion, ['gzip']]);
    const foreign = JSON.stringify({ ...others, version: schemaVersion - 1 });
    expect(decodeEntry(shape, Buffer.from(foreign))).toEqual({ type: 'foreign', version: schemaVersion - 1 });
  });

  it.each([
    ['other text', { version: schemaVersion, gzip: 'AAAA' }, 'unreadable'],
    ['no text', { version: schemaVersion }, 'unreadable'],
    ['nothing', {}, 'unreadable'],
  ])('is not taken for one where there is %s', (_what, value, type) => {
    expect(decodeEntry(shape, Buffer.from(JSON.stringify(value)))).toMatchObject({ type });
  });
});
