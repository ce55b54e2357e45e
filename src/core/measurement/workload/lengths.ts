import { ChatstreamError } from '../../base/errors.js';
import { type Random, standardNormal } from '../../base/random.js';

/** How many tokens prompts or answers have, or how many messages conversations. */
export type Lengths =
  | { readonly type: 'fixed'; readonly tokens: number }
  /** Normally distributed, cut off at 1. */
  | { readonly type: 'normal'; readonly mean: number; readonly stddev: number }
  /** Every length from `min` to `max` is equally likely. */
  | { readonly type: 'uniform'; readonly min: number; readonly max: number };

/** A greater length is a typing error. */
const longest = 10_000_000;

/** What is counted: tokens of a prompt or an answer, or messages of the user in a conversation. */
export type Counted = 'tokens' | 'messages';

const howToWrite: Readonly<Record<Counted, string>> = {
  tokens: 'Write a whole number of at least 1 (64), mean±standard deviation (64±16), or a range (32-128).',
  messages: 'Write a whole number of at least 1 (5), mean±standard deviation (5±2), or a range (3-8).',
};

/**
 * Reads `64`, `64±16` (mean and standard deviation; `64+-16` for keyboards without ±) or `32-128`.
 *
 * @param counted for the error
 * @throws ChatstreamError `usage` for anything else
 */
export function parseLengths(text: string, counted: Counted = 'tokens'): Lengths {
  const match = /^\s*(\d+)\s*(?:(±|\+-|\+\/-|-)\s*(\d+))?\s*$/.exec(text);
  if (match === null) throw notLengths(text, counted);
  const first = Number(match[1]);
  const operator = match[2];
  if (first < 1 || first > longest) throw notLengths(text, counted);
  if (operator === undefined) return { type: 'fixed', tokens: first };
  const second = Number(match[3]);
  if (second > longest) throw notLengths(text, counted);
  if (operator === '-') {
    if (second < first) throw endsBeforeItBegins(text, first, second);
    return second === first ? { type: 'fixed', tokens: first } : { type: 'uniform', min: first, max: second };
  }
  return second === 0 ? { type: 'fixed', tokens: first } : { type: 'normal', mean: first, stddev: second };
}

function endsBeforeItBegins(text: string, first: number, second: number): ChatstreamError {
  return new ChatstreamError('usage', `The range "${text}" ends below its beginning.`, {
    hint: second < 1 ? 'Begin it with at least 1.' : `Write the smaller number first: ${second}-${first}.`,
  });
}

/** The same lengths in the notation of the flag. */
export function formatLengths(lengths: Lengths): string {
  switch (lengths.type) {
    case 'fixed':
      return String(lengths.tokens);
    case 'normal':
      return `${lengths.mean}±${lengths.stddev}`;
    case 'uniform':
      return `${lengths.min}-${lengths.max}`;
  }
}

/**
 * Draws one length, at least 1. It takes one number from `random` for uniform lengths, two for normal ones, none for
 * fixed ones.
 */
export function drawLength(lengths: Lengths, random: Random): number {
  switch (lengths.type) {
    case 'fixed':
      return lengths.tokens;
    case 'uniform':
      return lengths.min + Math.floor(random() * (lengths.max - lengths.min + 1));
    case 'normal':
      return Math.max(1, Math.round(lengths.mean + lengths.stddev * standardNormal(random)));
  }
}

/** The length to be expected on average, without what is cut off. */
export function meanOf(lengths: Lengths): number {
  switch (lengths.type) {
    case 'fixed':
      return lengths.tokens;
    case 'uniform':
      return (lengths.min + lengths.max) / 2;
    case 'normal':
      return lengths.mean;
  }
}

/** The longest length to be expected. */
export function longestOf(lengths: Lengths): number {
  switch (lengths.type) {
    case 'fixed':
      return lengths.tokens;
    case 'uniform':
      return lengths.max;
    case 'normal':
      return lengths.mean + 3 * lengths.stddev;
  }
}

function notLengths(text: string, counted: Counted): ChatstreamError {
  return new ChatstreamError('usage', `"${text}" is not a number of ${counted}.`, { hint: howToWrite[counted] });
}
