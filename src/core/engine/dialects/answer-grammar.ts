import { ChatstreamError } from '../../base/errors.js';
import type { CallDemand, OutputFormat } from '../engine.js';
import { compiled, type CompiledGrammar, formatRule, subjectOf } from '../format/compile-format.js';
import { JsonRules } from '../grammar/json-rules.js';
import { Budget, type Subject } from '../grammar/limits.js';
import { GrammarBuilder, type RuleItem, type Sequence } from '../grammar/rules.js';
import { callableTool } from './callable-tool.js';
import type { CallBeginning, CallSyntax, Dialect, ThoughtSyntax } from './dialect.js';
import { looseSpace } from './json-calls.js';
import { textUntil } from './text-until.js';

/** What an answer may be. */
export interface AnswerDemand {
  readonly calls: CallDemand | null;
  /** The format of an answer that is not a call. */
  readonly format: OutputFormat;
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
}

const toolsSubject: Subject = { param: 'tools', name: 'The tools' };

/**
 * The grammar of answers with calls, and of answers in a format by models that think first: free thoughts, then what is
 * demanded. Free text becomes a call with the first text that begins one; from there on, only calls of existing tools with
 * arguments that their schemas allow can be written.
 *
 * Schemas of tools that are not strict and that a grammar cannot enforce, or only at too high a cost, are replaced by any
 * JSON object.
 *
 * @returns null if any text will do
 * @throws ChatstreamError `invalid_request`, `grammar_too_complex`
 */
export function answerGrammar(dialect: Dialect, demand: AnswerDemand): CompiledGrammar | null {
  const { calls, format } = demand;
  if (calls === null && format.type === 'text') return null;
  try {
    return compileAnswer(dialect, demand, false);
  } catch (error) {
    const isLenient = calls?.tools.some(({ isStrict }) => !isStrict) === true;
    if (!isLenient || !(error instanceof ChatstreamError) || error.code !== 'grammar_too_complex') throw error;
    return compileAnswer(dialect, demand, true);
  }
}

function compileAnswer(
  { thoughts, calls: syntax }: Dialect,
  { calls, format, isThinking }: AnswerDemand,
  areArgumentsFree: boolean,
): CompiledGrammar {
  const builder = new GrammarBuilder(new Budget(calls === null ? subjectOf(format) : toolsSubject));
  const json = new JsonRules(builder);
  const text = format.type === 'text' ? null : formatRule(json, format);
  const beginnings = calls === null || syntax === null ? [] : beginningsOf(json, syntax, calls, areArgumentsFree);
  const isRequired = calls?.isRequired === true;
  const answer = answerRule(builder, beginnings, text, isRequired);
  if (thoughts === null) return compiled(builder, answer, format.type !== 'grammar');
  const thought = thoughtThen(builder, thoughts, answer, !isRequired && text === null);
  const begin = [looseSpace(builder), ...builder.literal(thoughts.begin)];
  const root = isThinking ? thought : builder.rule([[...begin, thought], [answer]]);
  return compiled(builder, root, format.type !== 'grammar');
}

function beginningsOf(
  json: JsonRules,
  syntax: CallSyntax,
  { tools, isParallel }: CallDemand,
  areArgumentsFree: boolean,
): readonly CallBeginning[] {
  const values = syntax.notation?.(json) ?? json;
  const callable = tools.map((tool, index) => callableTool(values, tool, index, areArgumentsFree));
  return syntax.rules({ json: values, tools: callable, isParallel });
}

function answerRule(
  builder: GrammarBuilder,
  beginnings: readonly CallBeginning[],
  text: RuleItem | null,
  isRequired: boolean,
): RuleItem {
  const calls: readonly Sequence[] = beginnings.map(({ text: begin, then }) => [...builder.literal(begin), ...then]);
  if (isRequired) return builder.rule([[looseSpace(builder), builder.rule(calls)]]);
  if (text !== null) return builder.rule([[text], ...calls]);
  return textUntil(builder, beginnings, true);
}

/** The rest of a thought, and the answer. @param mayEnd whether all may end within the thought */
function thoughtThen(builder: GrammarBuilder, { end }: ThoughtSyntax, answer: RuleItem, mayEnd: boolean): RuleItem {
  const then = [looseSpace(builder), answer];
  return textUntil(builder, [{ text: end, atStart: false, then }], mayEnd);
}
