import { isRecord } from '../../base/json.js';
import type { OutputFormat } from '../engine.js';
import { checkComplexity, type Complexity } from '../grammar/complexity.js';
import { factored, type Rules } from '../grammar/factoring.js';
import { gbnfOf } from '../grammar/gbnf.js';
import { GbnfProblem, parseGbnf } from '../grammar/gbnf-parser.js';
import { JsonRules } from '../grammar/json-rules.js';
import { Budget, limits, simplerHint, type Subject, tooComplexError } from '../grammar/limits.js';
import { regexAutomaton } from '../grammar/regex.js';
import { RegexProblem } from '../grammar/regex-problem.js';
import { GrammarBuilder, type RuleItem } from '../grammar/rules.js';
import { plainTextRules } from '../grammar/text-rules.js';
import { Places } from './located.js';
import { schemaProblem } from './problems.js';
import { SchemaCompiler } from './schema-compiler.js';
import { propertiesOf, type SchemaProperty } from './schema-properties.js';

/** A format that has to be compiled. */
type SourceFormat = Exclude<OutputFormat, { type: 'text' | 'compiled' }>;

/** A grammar that llama.cpp can follow at a bounded cost. */
export interface CompiledGrammar {
  readonly gbnf: string;
  readonly rules: Rules;
  readonly complexity: Complexity;
}

const jsonSchema: Subject = { param: 'response_format', name: 'The JSON schema' };
const regularExpression: Subject = { param: 'response_format', name: 'The regular expression' };
const gbnfGrammar: Subject = { param: 'response_format', name: 'The grammar' };

/**
 * Compiles the grammar of a format. Takes time in proportion to the size of the format, up to the {@link limits}.
 *
 * @throws ChatstreamError `invalid_request` for a format that is wrong or that no grammar can enforce, naming keyword
 *   and place in a schema; `grammar_too_complex` for one that would cost too much
 */
export function compileFormat(format: SourceFormat): CompiledGrammar {
  const builder = new GrammarBuilder(new Budget(subjectOf(format)));
  return compiled(builder, formatRule(new JsonRules(builder), format), format.type !== 'grammar');
}

/** What errors about a format are about. */
export function subjectOf({ type }: OutputFormat): Subject {
  switch (type) {
    case 'regex':
      return regularExpression;
    case 'grammar':
    case 'compiled':
      return gbnfGrammar;
    case 'text':
    case 'json_object':
    case 'json_schema':
      return jsonSchema;
  }
}

/**
 * Adds the rules of a format to a grammar, of which it may be a part.
 *
 * @throws ChatstreamError as {@link compileFormat} does
 */
export function formatRule(json: JsonRules, format: Exclude<OutputFormat, { type: 'text' }>): RuleItem {
  switch (format.type) {
    case 'json_object':
      return json.object;
    case 'json_schema':
      return schemaRule(json, format.schema, jsonSchema);
    case 'regex':
      return regexRule(json.builder, format.regex);
    case 'grammar':
      return gbnfRule(json.builder, format.grammar);
    case 'compiled':
      return gbnfRule(json.builder, format.gbnf);
  }
}

/** The whole output is a match, whether or not the expression has anchors. */
function regexRule(builder: GrammarBuilder, regex: string): RuleItem {
  checkLength(builder.budget.subject, regex.length);
  try {
    const automaton = regexAutomaton(`^(?:${regex})$`, builder.budget);
    return plainTextRules(builder, automaton);
  } catch (error) {
    if (error instanceof RegexProblem) throw schemaProblem(regularExpression, '', error.message);
    throw error;
  }
}

function gbnfRule(builder: GrammarBuilder, grammar: string): RuleItem {
  checkLength(builder.budget.subject, grammar.length);
  try {
    return parseGbnf(grammar, builder);
  } catch (error) {
    if (error instanceof GbnfProblem) throw schemaProblem(gbnfGrammar, '', error.message);
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
 * Adds the rules for all values that a schema allows to a grammar, of which they may be a part.
 *
 * @throws ChatstreamError as {@link compileFormat} does
 */
export function schemaRule(json: JsonRules, schema: unknown, subject: Subject): RuleItem {
  return new SchemaRules(json, schema, subject).root;
}

/** The rules for all values that a schema allows, and for those of its parts. */
export class SchemaRules {
  readonly root: RuleItem;
  readonly #compiler: SchemaCompiler;
  readonly #places: Places;

  /** @throws ChatstreamError as {@link compileFormat} does */
  constructor(json: JsonRules, schema: unknown, subject: Subject) {
    checkLength(subject, JSON.stringify(schema).length);
    this.#places = new Places(typeof schema === 'boolean' || isRecord(schema) ? schema : {}, subject);
    this.#compiler = new SchemaCompiler(json, this.#places);
    this.root = this.#compiler.compile(this.#places.root);
  }

  /** The properties of an object schema; null if they cannot be told apart: see {@link propertiesOf}. */
  get properties(): readonly SchemaProperty[] | null {
    return propertiesOf(this.#places.root, this.#places, this.#compiler);
  }
}

/**
 * The rest of the way, from rules to a grammar.
 *
 * @param endsAreClear whether a text is known to show where each value ends, as in JSON and in an automaton
 */
export function compiled(builder: GrammarBuilder, root: RuleItem, endsAreClear = true): CompiledGrammar {
  const rules = factored(builder, root);
  if (rules.get(root.rule)?.length === 0) {
    throw schemaProblem(builder.budget.subject, '', 'no output can satisfy it');
  }
  const complexity = checkComplexity(rules, builder, endsAreClear);
  return { gbnf: gbnfOf(rules), rules, complexity };
}
