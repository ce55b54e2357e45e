import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings } from '../../../../src/core/engine/text/stop-strings.js';

/** Pushes all pieces, and flushes at the end if nothing stopped it. */
function scan(stops: readonly string[], pieces: readonly string[]): { text: string; stopped: boolean } {
  const matcher = new StopStrings(stops);
  let text = '';
  for (const piece of pieces) {
    const result = matcher.push(piece);
    text += result.text;
    if (result.stopped) return { text, stopped: true };
  }
  return { text: text + matcher.flush(), stopped: false };
}

/** The definition: the stop string that is complete first, and of several the one that begins first. */
function reference(stops: readonly string[], text: string): { text: string; stopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => stop !== '' && text.slice(0, end).endsWith(stop));
    const longest = Math.max(...complete.map((stop) => stop.length));
    if (complete.length > 0) return { text: text.slice(0, end - longest), stopped: true };
  }
  return { text, stopped: false };
}

// Few letters, so that beginnings, repetitions and overlaps of stop strings are common.
const word = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom('a', 'b', 'é', '😀'), { maxLength }).map((letters) => letters.join(''));

describe('StopStrings', () => {
  it('passes everything through if there are none', () => {
    const matcher = new StopStrings([]);
    expect(matcher.push('anything')).toEqual({ text: 'anything', stopped: false });
    expect(matcher.flush()).toBe('');
  });

  it('ignores empty stop strings', () => {
    expect(scan([''], ['text'])).toEqual({ text: 'text', stopped: false });
  });

  it('holds back what may be the beginning of a stop string, and no more', () => {
    const matcher = new StopStrings(['END']);
    expect(matcher.push('the E')).toEqual({ text: 'the ', stopped: false });
    expect(matcher.push('N')).toEqual({ text: '', stopped: false });
    expect(matcher.push('d, an E')).toEqual({ text: 'ENd, an ', stopped: false });
    expect(matcher.push('ND.')).toEqual({ text: '', stopped: true });
  });

  it('finds a stop string that begins inside a failed beginning of itself', () => {
    expect(scan(['aab'], ['a', 'a', 'a', 'b'])).toEqual({ text: 'a', stopped: true });
  });

  it('stops at the one that is complete first, even if a longer one began before', () => {
    expect(scan(['abcd', 'bc'], ['xabcd'])).toEqual({ text: 'xa', stopped: true });
  });

  it('drops the longer of two that end at the same place', () => {
    expect(scan(['c', 'abc'], ['xabc'])).toEqual({ text: 'x', stopped: true });
  });

  it('returns what it held back when the text ends', () => {
    expect(scan(['<|im_end|>'], ['bye<|im_'])).toEqual({ text: 'bye<|im_', stopped: false });
  });

  it('finds what the definition finds, however the text is cut', () => {
    const stops = fc.array(word(4), { maxLength: 3 });
    fc.assert(
      fc.property(stops, fc.array(word(5), { maxLength: 12 }), (stops, pieces) => {
        expect(scan(stops, pieces)).toEqual(reference(stops, pieces.join('')));
      }),
      { numRuns: 1000 },
    );
  });

  it('says which one it found: the one that is complete first, and of several the one that begins first', () => {
    fc.assert(
      fc.property(fc.array(word(4), { maxLength: 3 }), fc.array(word(3)), (stops, pieces) => {
        const matcher = new StopStrings(stops);
        const stopped = pieces.some((piece) => matcher.push(piece).stopped);
        const { text } = reference(stops, pieces.join(''));
        const found = stops.filter((stop) => stop !== '' && pieces.join('').startsWith(stop, text.length));
        if (stopped) expect(found).toContain(matcher.found);
        else expect(matcher.found).toBeNull();
      }),
    );
  });

  it('holds back exactly the characters that may belong to a stop string', () => {
    fc.assert(
      fc.property(fc.array(word(4), { minLength: 1, maxLength: 3 }), fc.array(word(3)), (stops, pieces) => {
        const matcher = new StopStrings(stops);
        let pushed = '';
        let released = '';
        for (const piece of pieces) {
          const { text, stopped } = matcher.push(piece);
          if (stopped) return;
          pushed += piece;
          released += text;
          const held = pushed.slice(released.length);
          const isBeginning = stops.some((stop) => held !== stop && stop.startsWith(held));
          expect(held === '' || isBeginning).toBe(true);
        }
      }),
    );
  });
});
