import { describe, expect, it } from 'vitest';

import { TextAssembler } from '../../../../src/core/engine/text/text-assembler.js';

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

  it('gives back an unfinished character and an unfinished stop string at the end, in their order', () => {
    const text = assembler(['stop']);
    for (const token of [...bytes('a sto'), 0xe3]) text.push(token);
    expect(text.end()).toBe('sto\uFFFD');
  });

  it('stops at a stop string that only the end completes', () => {
    const text = assembler(['\uFFFD']);
    expect(text.push(0x61)).toEqual({ text: 'a', stopped: false });
    expect(text.push(0xe3)).toEqual({ text: '', stopped: false });
    expect(text.end()).toBe('');
  });
});
