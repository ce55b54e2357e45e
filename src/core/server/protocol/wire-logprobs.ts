import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { OutputLogprob, TokenLogprob } from '../../engine/token-logprob.js';
import type { ChatLogprobs, EventLogprob, ItemLogprob, TextLogprobs, WireLogprob } from '../schemas/logprobs.js';

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
    next += characters(written);
    return begin;
  });
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(alternatives),
    text_offset: offsets,
  };
}

/** How many characters tokens have written. */
export function charactersOf(tokens: readonly OutputLogprob[]): number {
  return tokens.reduce((sum, { written }) => sum + characters(written), 0);
}

function characters(text: string): number {
  return Array.from(text).length;
}

/** The likeliest tokens by their text, and always the token itself. Of tokens with one text, the likeliest. */
function alternatives(token: OutputLogprob): Record<string, number> {
  const byText = new Map<string, number>();
  for (const { text, logprob } of [...token.top, token]) if (!byText.has(text)) byText.set(text, logprob);
  return Object.fromEntries(byText);
}
