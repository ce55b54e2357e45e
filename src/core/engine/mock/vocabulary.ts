import { ChatstreamError } from '../../base/errors.js';
import type { Token } from '../engine.js';

/**
 * The vocabulary of the mock is a formula instead of a table, so that a token means the same in every process:
 *
 * - below 0x110000: one token per Unicode code point. All prompts consist of these and the two marks of a chat.
 * - from 0x10000000: the n-th word of a reply. Its text depends on the prompt, so it cannot be detokenised alone.
 * - from 0x20000000: the number n of a counting reply, with a space before all but the first.
 */
const codePoints = 0x110000;
const firstWord = 0x10000000;
const firstCount = 0x20000000;
const endOfCounts = 0x30000000;

export const messageStart: Token = codePoints;
export const messageEnd: Token = codePoints + 1;
export const vocabularySize = codePoints + 2;

/** Turns text into tokens, one per code point. {@link detokenize} restores it, including unpaired surrogates. */
export function tokenize(text: string): Token[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/**
 * @param param the parameter that has the tokens
 * @throws ChatstreamError `invalid_request` for a token that has no text of its own
 */
export function detokenize(tokens: readonly Token[], param = 'tokens'): string {
  return tokens.map((token) => textOf(token, param)).join('');
}

/** @param position 0 for the first word of a reply */
export function wordToken(position: number): Token {
  return firstWord + position;
}

/** @param count 1 for the first number of a reply */
export function countToken(count: number): Token {
  return firstCount + count;
}

function textOf(token: Token, param: string): string {
  if (Number.isInteger(token) && token >= 0) {
    if (token < codePoints) return String.fromCodePoint(token);
    if (token === messageStart) return '<|im_start|>';
    if (token === messageEnd) return '<|im_end|>';
    if (token > firstCount && token < endOfCounts) return countText(token - firstCount);
  }
  throw new ChatstreamError('invalid_request', `${token} is not a token of the mock engine.`, {
    param,
    hint: 'Its tokens are Unicode code points.',
  });
}

/** The n-th number of a counting reply, as text. */
export function countText(count: number): string {
  return count === 1 ? '1' : ` ${count}`;
}
