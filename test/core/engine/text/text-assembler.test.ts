import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodeTokens, Detokenizer, TextAssembler } from '../../../../src/core/engine/text/text-assembler.js';

const bytes = (text: string): number[] => [...Buffer.from(text, 'utf8')];

function assembler(stops: readonly string[]): TextAssembler {
  return new TextAssembler((tokens) => Buffer.from(tokens).toString('utf8'), stops);
}

describe('TextAssembler', () => {
  it('finds a stop string that is spread over tokens in the middle of characters', () => {
    const text = assembler(['é!']);
    const scans = bytes('caé!x').map((token) => text.push(token));
    expect(scans.slice(0, 5)).toEqual([
      { text: 'c', stopped: false },
      { text: 'a', stopped: false },
      { text: '', stopped: false },
      { text: '', stopped: false },
      { text: '', stopped: true },
    ]);
  });

  it('returns an unfinished character and an unfinished stop string at the end, in their order', () => {
    const text = assembler(['stop']);
    for (const token of [...bytes('a sto'), 0xe3]) text.push(token);
    expect(text.end()).toBe('sto\uFFFD');
  });

  it('takes a stop string for text where the text may not end yet', () => {
    const assembler = new TextAssembler((tokens) => String.fromCodePoint(...tokens), ['ab']);
    const pushed = Array.from('abab', (char, index) => assembler.push(char.codePointAt(0) ?? 0, index >= 2));
    expect(pushed.map(({ text }) => text)).toEqual(['a', 'b', '', '']);
    expect(pushed.map(({ stopped }) => stopped)).toEqual([false, false, false, true]);
  });

  it('stops at a stop string that only the end completes', () => {
    const text = assembler(['\uFFFD']);
    expect(text.push(0x61)).toEqual({ text: 'a', stopped: false });
    expect(text.push(0xe3)).toEqual({ text: '', stopped: false });
    expect(text.end()).toBe('');
  });
});

/** A vocabulary in which every token is a byte, and 256 has no text. */
const decodeBytes: DecodeTokens = (tokens) => Buffer.from(tokens.filter((token) => token < 256)).toString('utf8');

function texts(tokens: readonly number[], decode: DecodeTokens = decodeBytes): string[] {
  const detokenizer = new Detokenizer(decode);
  return [...tokens.map((token) => detokenizer.push(token)), detokenizer.flush()];
}

describe('Detokenizer', () => {
  it('emits a character with the token that completes it', () => {
    expect(texts([...Buffer.from('aé😀')])).toEqual(['a', '', 'é', '', '', '', '😀', '']);
  });

  it('emits a replacement character for an unfinished one at the end, not before', () => {
    expect(texts([0x61, 0xe3, 0x81])).toEqual(['a', '', '', '\uFFFD']);
  });

  it('emits bytes that are not a character once the next character proves it', () => {
    expect(texts([0xe3, 0x81, 0x61]).join('')).toBe('\uFFFDa');
  });

  it('gives the decoder the last few tokens as context, and no more', () => {
    const seen: number[][] = [];
    texts([65, 66, 67, 68, 69, 70], (tokens, before) => {
      seen.push([...before]);
      return decodeBytes(tokens, before);
    });
    expect(seen).toEqual([[], [65], [65, 66], [65, 66, 67], [65, 66, 67, 68], [66, 67, 68, 69]]);
  });

  it('decodes a bounded number of tokens at a time, even if no character is ever finished', () => {
    let most = 0;
    const garbage = Array.from({ length: 500 }, () => 0x80);
    const text = texts(garbage, (tokens, before) => {
      most = Math.max(most, tokens.length);
      return decodeBytes(tokens, before);
    }).join('');
    expect(text).toBe('\uFFFD'.repeat(500));
    expect(most).toBeLessThan(20);
  });

  it('gives up on a character whose end is too far away', () => {
    const nothing = Array.from({ length: 40 }, () => 256);
    expect(texts([0x61, 0xe3, ...nothing, 0x62]).join('')).toBe('a\uFFFDb');
  });

  it('emits the same text as decoding everything at once', () => {
    const bytes = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text, 'utf8')]),
      fc.array(fc.constantFrom(0x61, 0x80, 0xc3, 0xa9, 0xe3, 0x81, 0xf0, 0x9f, 0x98, 0xff), { maxLength: 80 }),
    );
    fc.assert(
      fc.property(bytes, (tokens) => {
        expect(texts(tokens).join('')).toBe(decodeBytes(tokens, []));
      }),
      { numRuns: 150 },
    );
  });

  it('holds nothing back after a whole character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.endsWith('\uFFFD'));
        const emitted = texts([...Buffer.from(text, 'utf8')]).slice(0, -1);
        expect(emitted.join('')).toBe(text);
      }),
    );
  });
});
