import { ChatstreamError } from '../../../base/errors.js';
import {
  compiled,
  type CompiledGrammar,
  formatRule,
  isOutOfTime,
  subjectOf,
  toolsSubject,
} from '../../format/compile-format.js';
import { JsonRules } from '../../grammar/json-rules.js';
import { Budget } from '../../grammar/limits.js';
import { GrammarBuilder, type RuleItem, type Sequence } from '../../grammar/rules.js';
import type { AnswerFormat, CallDemand, Tool } from '../../output-format.js';
import { looseSpace } from '../calls/json/json-calls.js';
import type { AnswerMarks, CallBeginning, CallSyntax, Dialect, ThoughtSyntax } from '../dialect.js';
import { callableTool } from './callable-tool.js';
import { type MessageDemand, messageRules } from './message-rules.js';
import { type TextEnd, textUntil } from './text-until.js';

/** The possible forms of an answer. */
export interface AnswerDemand {
  readonly calls: CallDemand | null;
  /** The format of an answer that is not a call. */
  readonly format: AnswerFormat;
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
}

/**
 * The grammar of answers with calls, and of answers in a format by models that think first: free thoughts, then the
 * required part. Free text becomes a call with the first text that begins one; from then on, only calls of existing
 * tools with arguments that their schemas allow can be written.
 *
 * In schemas of tools that are not strict, keywords that a grammar cannot enforce are left out. If all schemas together
 * cost too much, the longest of these are replaced by any JSON object, and so are invalid ones. If there are so many
 * tools that their names alone cost too much, only answers that must be calls are refused; others are unconstrained.
 *
 * All attempts share the time of one compilation, except for the last resort, the one without schemas that are not
 * strict.
 *
 * @param onHurry called if less is enforced because time was over, which may be different the next time
 * @param now milliseconds
 * @returns null if any text will do
 * @throws ChatstreamError `invalid_request`, `grammar_too_complex`
 */
export function answerGrammar(
  dialect: Dialect,
  demand: AnswerDemand,
  onHurry: () => void = () => undefined,
  now: () => number = () => performance.now(),
): CompiledGrammar | null {
  const { calls, format } = demand;
  if (calls === null && format.type === 'text') return null;
  const isLenient = calls?.tools.every(({ isStrict }) => !isStrict) === true;
  const isOptional = isLenient && !calls.isRequired && format.type === 'text';
  const startedMs = now();
  /** @param isAllowed whether something else is acceptable if it is too complex; null stands for it */
  const compile = (isAllowed: boolean, held: readonly Tool[], sinceMs = startedMs): CompiledGrammar | null => {
    const subject = calls === null ? subjectOf(format) : toolsSubject;
    try {
      return compileAnswer(dialect, demand, new Set(held), new Budget(subject, now, sinceMs));
    } catch (error) {
      const isTooComplex = error instanceof ChatstreamError && error.code === 'grammar_too_complex';
      if (!isAllowed || !isTooComplex) throw error;
      if (isOutOfTime(error)) onHurry();
      return null;
    }
  };
  const whole = compile(calls !== null, calls?.tools ?? []);
  if (whole !== null || calls === null) return whole;
  const free = compile(isOptional, [], now());
  if (free === null) return null;
  for (const share of keptShares) {
    const held = shortestTools(calls.tools, share);
    const grammar = held.length === 0 ? null : compile(true, held);
    if (grammar !== null) return grammar;
  }
  return free;
}

/**
 * How much of the text of all schemas is kept, until the grammar is simple enough. Few steps, because each attempt
 * takes time.
 */
const keptShares = [1 / 2, 1 / 4, 1 / 8];

/** The tools with the shortest schemas, which together make up at most a share of the text of all schemas. */
function shortestTools(tools: readonly Tool[], share: number): readonly Tool[] {
  const sized = tools.map((tool) => ({ tool, length: JSON.stringify(tool.parameters ?? {}).length }));
  const most = share * sized.reduce((sum, { length }) => sum + length, 0);
  let kept = 0;
  return sized
    .toSorted((a, b) => a.length - b.length)
    .filter(({ length }) => (kept += length) <= most)
    .map(({ tool }) => tool);
}

/** @param held the tools whose schemas are enforced, besides the strict ones */
function compileAnswer(
  { thoughts, calls: syntax, messages }: Dialect,
  { calls, format, isThinking }: AnswerDemand,
  held: ReadonlySet<Tool>,
  budget: Budget,
): CompiledGrammar {
  const builder = new GrammarBuilder(budget);
  const json = new JsonRules(builder);
  const contentBegin = builder.literal(syntax?.contentBegin ?? '');
  const text = format.type === 'text' ? null : builder.rule([[...contentBegin, formatRule(json, format)]]);
  const beginnings = calls === null || syntax === null ? [] : beginningsOf(json, syntax, calls, held);
  const demand = { beginnings, text, isRequired: calls?.isRequired === true, isThinking };
  const root =
    messages === undefined || thoughts === null
      ? thoughtAndAnswer(builder, thoughts, demand)
      : messageRules(builder, thoughts, messages, demand);
  return compiled(builder, root, format.type !== 'grammar');
}

function beginningsOf(
  json: JsonRules,
  syntax: CallSyntax,
  { tools, isParallel }: CallDemand,
  held: ReadonlySet<Tool>,
): readonly CallBeginning[] {
  const values = syntax.notation?.(json) ?? json;
  const callable = tools.map((tool, index) => callableTool(values, tool, index, held.has(tool)));
  return syntax.rules({ json: values, tools: callable, isParallel: isParallel ?? true });
}

function thoughtAndAnswer(
  builder: GrammarBuilder,
  thoughts: ThoughtSyntax | null,
  { isThinking, ...demand }: MessageDemand,
): RuleItem {
  if (thoughts === null) return answerRule(builder, demand);
  const { begin, end, answer: marks } = thoughts;
  const answer = markedAnswer(builder, marks ?? null, answerRule(builder, demand), demand.text !== null);
  const ends: TextEnd[] = [{ text: end, atStart: false, then: [looseSpace(builder), answer] }];
  if (thoughts.endsAtCalls === true) ends.push(...demand.beginnings.filter(({ atStart }) => !atStart));
  const thought = textUntil(builder, ends, demand.text === null && !demand.isRequired);
  if (isThinking) return thought;
  return builder.rule([[looseSpace(builder), ...builder.literal(begin), thought], [answer]]);
}

/** @param isHeld whether the answer has a format, which may not contain the marks at its end */
function markedAnswer(builder: GrammarBuilder, marks: AnswerMarks | null, answer: RuleItem, isHeld: boolean): RuleItem {
  if (marks === null) return answer;
  const oneOf = (texts: readonly string[]): Sequence[] => texts.map((text) => [...builder.literal(text)]);
  const begin = builder.rule([...oneOf(marks.begins), []]);
  if (!isHeld) return builder.rule([[begin, answer]]);
  const ends = builder.repeat([builder.rule(oneOf(marks.ends))], 0, marks.ends.length);
  return builder.rule([[begin, looseSpace(builder), answer, looseSpace(builder), ...ends]]);
}

function answerRule(
  builder: GrammarBuilder,
  { beginnings, text, isRequired }: Omit<MessageDemand, 'isThinking'>,
): RuleItem {
  const calls: readonly Sequence[] = beginnings.map(({ text: begin, then }) => [...builder.literal(begin), ...then]);
  if (isRequired) return builder.rule([[looseSpace(builder), builder.rule(calls)]]);
  if (text !== null) return builder.rule([[text], ...calls]);
  return textUntil(builder, beginnings, true);
}
