import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { OutputLogprob, PromptLogprob, TokenLogprob } from '../../engine/token-logprob.js';
import type { ChatLogprobs, EventLogprob, ItemLogprob, TextLogprobs, WireLogprob } from '../schemas/shared/logprobs.js';

/** The tokens that wrote the content of an answer. */
export function logprobsOf(parts: readonly AnswerPart[]): readonly OutputLogprob[] {
  return parts.flatMap((part) => (part.type === 'content' ? (part.logprobs ?? []) : []));
}

/** As chat completions have them. */
export function chatLogprobs(tokens: readonly OutputLogprob[]): ChatLogprobs {
  const content = tokens.map((token) => ({ ...wireLogprob(token), top_logprobs: token.top.map(wireLogprob) }));
  return { content, refusal: null };
}

function wireLogprob({ text, logprob, bytes }: TokenLogprob): WireLogprob {
  return { token: text, logprob, bytes: bytes === null ? null : [...bytes] };
}

/** As the items of responses have them. */
export function itemLogprobs(tokens: readonly OutputLogprob[]): ItemLogprob[] {
  const known = ({ text, logprob, bytes }: TokenLogprob): Omit<ItemLogprob, 'top_logprobs'> => {
    return { token: text, logprob, bytes: [...(bytes ?? [])] };
  };
  return tokens.map((token) => ({ ...known(token), top_logprobs: token.top.map(known) }));
}

/** As the events of responses have them. */
export function eventLogprobs(tokens: readonly OutputLogprob[]): EventLogprob[] {
  const brief = ({ text, logprob }: TokenLogprob): Omit<EventLogprob, 'top_logprobs'> => ({ token: text, logprob });
  return tokens.map((token) => ({ ...brief(token), top_logprobs: token.top.map(brief) }));
}

/**
 * As completions have them: lists of the same length.
 *
 * @param offset where the text of the first token begins in the answer, in characters (Unicode code points)
 */
export function textLogprobs(tokens: readonly OutputLogprob[], offset: number): TextLogprobs {
  let next = offset;
  const offsets = tokens.map(({ written }) => {
    const begin = next;
    next += charactersIn(written);
    return begin;
  });
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(alternatives),
    text_offset: offsets,
  };
}

/**
 * The same for the tokens of a prompt, which the text repeats. A token that is not in the text, such as one that the model
 * expects at the beginning, takes no characters of it.
 *
 * @param text the prompt
 */
export function promptLogprobs(tokens: readonly PromptLogprob[], text: string): TextLogprobs {
  const bytes = Buffer.from(text);
  let at = 0;
  let characters = 0;
  const offsets = tokens.map((token) => {
    const begin = at < bytes.length && !beginsCharacter(bytes, at) ? characters - 1 : characters;
    const end = at + bytesAt(bytes, at, token);
    for (; at < end; at += 1) if (beginsCharacter(bytes, at)) characters += 1;
    return begin;
  });
  return {
    tokens: tokens.map((token) => token.text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ logprob, ...token }) =>
      logprob === null ? null : alternatives({ ...token, logprob }),
    ),
    text_offset: offsets,
  };
}

/** How many bytes of the text a token stands for, if it begins at `at`. */
function bytesAt(text: Buffer, at: number, { text: name, bytes }: PromptLogprob): number {
  const whole = bytes === null ? Buffer.from(name) : Buffer.from(bytes);
  // Some vocabularies put a space before a text.
  const spellings = at === 0 && whole[0] === 0x20 ? [whole, whole.subarray(1)] : [whole];
  return spellings.find((spelling) => text.subarray(at, at + spelling.length).equals(spelling))?.length ?? 0;
}

function beginsCharacter(utf8: Buffer, at: number): boolean {
  return ((utf8[at] ?? 0) & 0xc0) !== 0x80;
}

/** Lists of which one follows the other. */
export function joinedLogprobs(first: TextLogprobs, second: TextLogprobs): TextLogprobs {
  return {
    tokens: [...first.tokens, ...second.tokens],
    token_logprobs: [...first.token_logprobs, ...second.token_logprobs],
    top_logprobs: [...first.top_logprobs, ...second.top_logprobs],
    text_offset: [...first.text_offset, ...second.text_offset],
  };
}

/** How many characters tokens have written. */
export function charactersOf(tokens: readonly OutputLogprob[]): number {
  return tokens.reduce((sum, { written }) => sum + charactersIn(written), 0);
}

/** The number of characters (Unicode code points). */
export function charactersIn(text: string): number {
  return Array.from(text).length;
}

/** The likeliest tokens by their text, and always the token itself. Of tokens with one text, the likeliest. */
function alternatives(token: Omit<OutputLogprob, 'written'>): Record<string, number> {
  const byText = new Map<string, number>();
  for (const { text, logprob } of [...token.top, token]) if (!byText.has(text)) byText.set(text, logprob);
  return Object.fromEntries(byText);
}
