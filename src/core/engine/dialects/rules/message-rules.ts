import type { GrammarBuilder, RuleItem, Sequence } from '../../grammar/rules.js';
import type { CallBeginning, MessageSyntax, ThoughtSyntax } from '../dialect.js';
import { type TextEnd, textUntil } from './text-until.js';

export interface MessageDemand {
  readonly beginnings: readonly CallBeginning[];
  /** The format of an answer that is not a call; null for any text. */
  readonly text: RuleItem | null;
  readonly isRequired: boolean;
  readonly isThinking: boolean;
}

/**
 * Answers in messages: any number of thoughts, then the required part. A header says what a message is, so calls are
 * constrained from their headers on.
 */
export function messageRules(
  builder: GrammarBuilder,
  thoughts: ThoughtSyntax,
  { start, role, ends, answers, preambles }: MessageSyntax,
  { beginnings, text, isRequired, isThinking }: MessageDemand,
): RuleItem {
  const isFree = text === null && !isRequired;
  const message = builder.reserve();
  const next: Sequence = [...builder.literal(role), message];
  const more = builder.rule([[...builder.literal(start), ...next], ...(isFree ? [[]] : [])]);
  const bodyEnds: readonly TextEnd[] = [
    { text: ends[0], atStart: false, then: [more] },
    { text: start, atStart: false, then: next },
  ];
  const body = textUntil(builder, bodyEnds, isFree);
  const headed = (headers: readonly string[], rest: Sequence): readonly Sequence[] =>
    headers.map((header) => [...builder.literal(header), ...rest]);
  builder.define(message, [
    ...headed([thoughts.begin], [body]),
    ...beginnings.map(({ text: begin, then }) => [...builder.literal(begin), ...then]),
    ...(isFree ? headed([...preambles, ...answers], [body]) : []),
    ...(text !== null && !isRequired ? headed(answers, [text]) : []),
  ]);
  return isThinking ? body : message;
}
