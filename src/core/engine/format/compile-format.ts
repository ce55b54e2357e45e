import { isRecord } from '../../base/json.js';
import { checkComplexity, type Complexity } from '../grammar/complexity.js';
import { factored, type Rules } from '../grammar/factoring.js';
import { gbnfOf } from '../grammar/gbnf.js';
import { GbnfProblem, parseGbnf } from '../grammar/gbnf-parser.js';
import { JsonRules } from '../grammar/json-rules.js';
import { Budget, limits, OutOfTime, simplerHint, type Subject, tooComplexError } from '../grammar/limits.js';
import { regexAutomaton } from '../grammar/regex/regex.js';
import { RegexProblem } from '../grammar/regex/regex-problem.js';
import { parseRegex } from '../grammar/regex/regex-syntax.js';
import { GrammarBuilder, type RuleItem } from '../grammar/rules.js';
import { plainTextRules } from '../grammar/text-rules.js';
import { isNothing, problemOfNothing } from '../grammar/unproductive.js';
import type { AnswerFormat, ConstrainedFormat, OutputFormat } from '../output-format.js';
import { Places } from './schema/located.js';
import { schemaProblem } from './schema/problems.js';
import { SchemaCompiler } from './schema-compiler.js';
import { propertiesOf, type SchemaProperty } from './schema-properties.js';
import { oneOfTexts } from './values/values.js';

/** A format that has to be compiled. */
type SourceFormat = Exclude<ConstrainedFormat, { type: 'calls' | 'compiled' }>;

/** A grammar that llama.cpp can follow at a bounded cost. */
export interface CompiledGrammar {
  readonly gbnf: string;
  readonly rules: Rules;
  readonly complexity: Complexity;
}

export const toolsSubject: Subject = { param: 'tools', name: 'The list of tools' };

const names = {
  text: 'The format',
  json_object: 'The JSON schema',
  json_schema: 'The JSON schema',
  choice: 'The list of choices',
  regex: 'The regular expression',
  grammar: 'The grammar',
  compiled: 'The grammar',
} as const satisfies Record<AnswerFormat['type'], string>;

/**
 * Compiles the grammar of a format. Takes time in proportion to the size of the format, up to the {@link limits}.
 *
 * @throws ChatstreamError `invalid_request` for a format that is invalid or that no grammar can enforce, naming keyword
 *   and place in a schema; `grammar_too_complex` for one that would cost too much
 */
export function compileFormat(format: SourceFormat): CompiledGrammar {
  const builder = new GrammarBuilder(new Budget(subjectOf(format)));
  return compiled(builder, formatRule(new JsonRules(builder), format), format.type !== 'grammar');
}

/** Whether a compilation failed because it took too long, so that another attempt may succeed. */
export function isOutOfTime(error: unknown): boolean {
  return error instanceof OutOfTime;
}

/** The error of a compilation that is stopped because it takes too long. */
export function outOfTime(format: OutputFormat): OutOfTime {
  return new OutOfTime(subjectOf(format));
}

/** The subject of errors about a format. */
export function subjectOf(format: OutputFormat): Subject {
  if (format.type === 'calls') {
    return format.otherwise.type === 'text' ? toolsSubject : subjectOf(format.otherwise);
  }
  const param = format.type === 'text' ? undefined : format.param;
  return { param: param ?? 'response_format', name: names[format.type] };
}

/**
 * Adds the rules of a format to a grammar, which it may be a part of.
 *
 * @throws ChatstreamError as {@link compileFormat} does
 */
export function formatRule(json: JsonRules, format: Exclude<ConstrainedFormat, { type: 'calls' }>): RuleItem {
  const subject = subjectOf(format);
  switch (format.type) {
    case 'json_object':
      return json.object;
    case 'json_schema':
      return schemaRule(json, format.schema, subject);
    case 'choice':
      return choiceRule(json.builder, format.choices, subject);
    case 'regex':
      return regexRule(json.builder, format.regex, subject);
    case 'grammar':
      return gbnfRule(json.builder, format.grammar, subject);
    case 'compiled':
      return gbnfRule(json.builder, format.gbnf, subject);
  }
}

function choiceRule(builder: GrammarBuilder, choices: readonly string[], subject: Subject): RuleItem {
  checkLength(
    subject,
    choices.reduce((sum, { length }) => sum + length, 0),
  );
  const broken = choices.findIndex((choice) => /\p{Surrogate}/u.test(choice));
  if (broken !== -1) throw schemaProblem(subject, `/${broken}`, 'it contains half of a character');
  return oneOfTexts(builder, choices);
}

/** The whole output is a match, whether or not the expression has anchors. */
function regexRule(builder: GrammarBuilder, regex: string, subject: Subject): RuleItem {
  checkLength(subject, regex.length);
  if (/\p{Surrogate}/u.test(regex)) throw schemaProblem(subject, '', 'it contains half of a character');
  try {
    // Parsed by itself, because "a)|(b" would be a valid expression inside parentheses.
    parseRegex(regex, builder.budget);
    const automaton = regexAutomaton(`^(?:${regex})$`, builder.budget);
    return plainTextRules(builder, automaton);
  } catch (error) {
    if (error instanceof RegexProblem) throw schemaProblem(subject, '', error.message);
    throw error;
  }
}

const notation = "Write it in GBNF, llama.cpp's notation. Others, such as Lark's, are not supported.";

function gbnfRule(builder: GrammarBuilder, grammar: string, subject: Subject): RuleItem {
  checkLength(subject, grammar.length);
  try {
    return parseGbnf(grammar, builder);
  } catch (error) {
    if (error instanceof GbnfProblem) throw schemaProblem(subject, '', error.message, notation);
    throw error;
  }
}

function checkLength(subject: Subject, length: number): void {
  if (length <= limits.sourceLength) return;
  throw tooComplexError(
    subject,
    `it has ${length} characters, and at most ${limits.sourceLength} are allowed`,
    simplerHint,
  );
}

/**
 * Adds the rules for all values that a schema allows to a grammar, which they may be a part of.
 *
 * @throws ChatstreamError as {@link compileFormat} does
 */
export function schemaRule(json: JsonRules, schema: unknown, subject: Subject): RuleItem {
  return new SchemaRules(json, schema, subject).root;
}

/** The rules for all values that a schema allows, and for those of its parts. */
export class SchemaRules {
  readonly root: RuleItem;
  readonly #builder: GrammarBuilder;
  readonly #compiler: SchemaCompiler;
  readonly #places: Places;

  /**
   * @param isLenient whether keywords that cannot be enforced are left out; others are enforced
   * @throws ChatstreamError as {@link compileFormat} does
   */
  constructor(json: JsonRules, schema: unknown, subject: Subject, isLenient = false) {
    checkLength(subject, JSON.stringify(schema).length);
    this.#places = new Places(typeof schema === 'boolean' || isRecord(schema) ? schema : {}, subject, isLenient);
    this.#builder = json.builder;
    this.#compiler = new SchemaCompiler(json, this.#places);
    this.root = this.#compiler.compile(this.#places.root);
  }

  /**
   * JSON pointers of the keywords that have been left out so far. Rules of properties are made when they are needed.
   */
  get leftOut(): readonly string[] {
    return this.#places.leftOut;
  }

  /** Whether the rest of the schema, after something was left out, allows no value at all. */
  get isEmptied(): boolean {
    return this.leftOut.length > 0 && isNothing(this.#builder, this.root);
  }

  /** The properties of an object schema; null if they cannot be separated: see {@link propertiesOf}. */
  get properties(): readonly SchemaProperty[] | null {
    return propertiesOf(this.#places.root, this.#places, this.#compiler);
  }
}

/**
 * The last steps, from rules to a grammar.
 *
 * @param endsAreClear whether a text is known to show where each value ends, as in JSON and in an automaton
 */
export function compiled(builder: GrammarBuilder, root: RuleItem, endsAreClear = true): CompiledGrammar {
  const rules = factored(builder, root);
  if (rules.get(root.rule)?.length === 0) {
    throw problemOfNothing(builder, root) ?? schemaProblem(builder.budget.subject, '', 'no output can satisfy it');
  }
  const complexity = checkComplexity(rules, builder, endsAreClear);
  return { gbnf: gbnfOf(rules), rules, complexity };
}
