import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../../src/core/engine/llama/prompt/tokenizer.js';
import type { VocabularyEntry } from '../../../../../src/core/engine/llama/prompt/vocabulary.js';

/** Numbers of characters are their tokens; `<|c|>` is a control token, `<|u|>` a user-defined one. */
const entries: VocabularyEntry[] = [
  { token: 1, text: '<|c|>', special: { type: 'control', strips: { left: false, right: false } } },
  { token: 2, text: '<|u|>', special: { type: 'user_defined', strips: { left: false, right: false } } },
];

const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Puts a space before each text, and joins characters to names, as SentencePiece may. */
function tokenize(text: string): number[] {
  const parts = `▁${text.replaceAll(' ', '▁')}`.split(/(<\|[cu]\|>)/);
  return parts.flatMap((part) => (part === '<|c|>' ? [1] : part === '<|u|>' ? [2] : codes(part)));
}

const tokenizer = new Tokenizer({ spelling: 'characters', entries: () => entries }, { tokenize, addsSpace: true });

describe('text that goes on behind a cut', () => {
  it.each(['a<|u|>b', 'a<|c|>b', '<|u|> <|c|> b', '<|c|><|u|>'])('gains no space (%s)', async (text) => {
    const fromContent = new Uint8Array(text.length).fill(1);
    const tokens = await tokenizer.tokenize({ text, fromContent }, { control: true }, null);
    expect(tokens).toEqual(codes(`▁${text.replaceAll(' ', '▁')}`));
  });
});

describe('a long text that cannot be cut', () => {
  const letters = 'rain'.repeat(10_000);
  const elsewhere: string[] = [];
  const here: string[] = [];
  const native = {
    tokenize: (text: string) => {
      here.push(text);
      return tokenize(text);
    },
    addsSpace: true,
  };
  const divided: Tokenizer = new Tokenizer({ spelling: 'characters', entries: () => entries }, native, (part) => {
    elsewhere.push(part.text);
    return Promise.resolve(Uint32Array.from(divided.read(part)));
  });
  const read = async (text: string): Promise<void> => {
    elsewhere.length = 0;
    here.length = 0;
    const expected = await tokenizer.tokenize({ text, fromContent: null }, { control: true }, null);
    expect(await divided.tokenize({ text, fromContent: null }, { control: true }, null)).toEqual(expected);
  };

  it('is tokenised elsewhere, and what is around it here', async () => {
    await read(`ab<|c|>${letters}<|c|>cd`);
    expect(elsewhere).toEqual([letters]);
    expect(here.filter((text) => text !== letters)).toEqual(['ab', 'cd']);
  });

  it('is tokenised here if it can be cut, or is not so long', async () => {
    await read(`${'rain '.repeat(50_000)}${letters.slice(0, 16_000)}`);
    expect(elsewhere).toHaveLength(0);
    expect(Math.max(...here.map(({ length }) => length))).toBeLessThanOrEqual(32_768);
  });
});
