import { isRecord } from '../../base/json.js';
import type { OutputFormat } from '../engine.js';
import { checkComplexity, type Complexity } from '../grammar/complexity.js';
import { factored, type Rules } from '../grammar/factoring.js';
import { gbnfOf } from '../grammar/gbnf.js';
import { GbnfProblem, parseGbnf } from '../grammar/gbnf-parser.js';
import { JsonRules, textRules } from '../grammar/json-rules.js';
import { Budget, limits, simplerHint, type Subject, tooComplexError } from '../grammar/limits.js';
import { regexAutomaton } from '../grammar/regex.js';
import { RegexProblem } from '../grammar/regex-problem.js';
import { GrammarBuilder, type RuleItem } from '../grammar/rules.js';
import { Places } from './located.js';
import { schemaProblem } from './problems.js';
import { SchemaCompiler } from './schema-compiler.js';

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
 * @throws ChatstreamError `invalid_request` for a format that is wrong or that no grammar can enforce, naming keyword and
 * place in a schema; `grammar_too_complex` for one that would cost too much
 */
export function compileFormat(format: SourceFormat): CompiledGrammar {
  switch (format.type) {
    case 'json_object': {
      const builder = new GrammarBuilder(new Budget(jsonSchema));
      return compiled(builder, new JsonRules(builder).object);
    }
    case 'json_schema': {
      const builder = new GrammarBuilder(new Budget(jsonSchema));
      return compiled(builder, schemaRule(new JsonRules(builder), format.schema, jsonSchema));
    }
    case 'regex': {
      const builder = new GrammarBuilder(new Budget(regularExpression));
      return compiled(builder, regexRule(builder, format.regex));
    }
    case 'grammar': {
      const builder = new GrammarBuilder(new Budget(gbnfGrammar));
      return compiled(builder, gbnfRule(builder, format.grammar), false);
    }
  }
}

/** The whole output is a match, whether or not the expression has anchors. */
function regexRule(builder: GrammarBuilder, regex: string): RuleItem {
  checkLength(builder.budget.subject, regex.length);
  try {
    const automaton = regexAutomaton(`^(?:${regex})$`, builder.budget);
    return textRules(builder, automaton, [], (steps) =>
      steps.map(({ chars, then }) => [builder.chars(chars), ...then]),
    );
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
  checkLength(subject, JSON.stringify(schema).length);
  const root = typeof schema === 'boolean' || isRecord(schema) ? schema : {};
  const places = new Places(root, subject);
  return new SchemaCompiler(json, places).compile(places.root);
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
