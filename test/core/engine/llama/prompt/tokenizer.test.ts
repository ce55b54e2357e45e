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
