import { isRecord } from '../../../base/json.js';
import type { OutputFormat } from '../../engine.js';
import { regexAutomaton } from '../regex.js';
import { RegexProblem } from '../regex-syntax.js';
import { checkComplexity, type Complexity } from '../complexity.js';
import { factored, type Rules } from '../factoring.js';
import { gbnfOf } from '../gbnf.js';
import { JsonRules, textRules } from '../json-rules.js';
import { Budget, limits, type Subject, tooComplexError } from '../limits.js';
import { GrammarBuilder, type RuleItem } from '../rules.js';
import { Places } from './located.js';
import { schemaProblem } from './problems.js';
import { SchemaCompiler } from './schema-compiler.js';

/** A grammar that llama.cpp can follow at a bounded cost. */
export interface CompiledGrammar {
  readonly gbnf: string;
  readonly rules: Rules;
  readonly complexity: Complexity;
}

const jsonSchema: Subject = { param: 'response_format', name: 'The JSON schema' };
const regularExpression: Subject = { param: 'response_format', name: 'The regular expression' };

/**
 * Compiles the grammar of a format. Takes time in proportion to the size of the format, up to the {@link limits}.
 *
 * @throws ChatstreamError `invalid_request` for a schema that is wrong or that no grammar can enforce, naming keyword and
 * place; `grammar_too_complex` for one that would cost too much
 */
export function compileFormat(format: Exclude<OutputFormat, { type: 'text' }>): CompiledGrammar {
  switch (format.type) {
    case 'json_object': {
      const builder = new GrammarBuilder(new Budget(jsonSchema));
      return compiled(builder, new JsonRules(builder).object);
    }
    case 'json_schema': {
      const builder = new GrammarBuilder(new Budget(jsonSchema));
      return compiled(builder, schemaRule(new JsonRules(builder), format.schema, jsonSchema));
    }
  }
}

/**
 * Adds the rules for all values that a schema allows to a grammar, of which they may be a part.
 *
 * @throws ChatstreamError as {@link compileFormat} does
 */
export function schemaRule(json: JsonRules, schema: unknown, subject: Subject): RuleItem {
  const length = JSON.stringify(schema).length;
  if (length > limits.sourceLength) {
    throw tooComplexError(
      subject,
      `it has ${length} characters, and at most ${limits.sourceLength} are allowed`,
      'Use shorter enums and descriptions.',
    );
  }
  const root = typeof schema === 'boolean' || isRecord(schema) ? schema : {};
  const places = new Places(root, subject);
  return new SchemaCompiler(json, places).compile(places.root);
}

/** The rest of the way, from rules to a grammar. */
export function compiled(builder: GrammarBuilder, root: RuleItem): CompiledGrammar {
  const rules = factored(builder, root);
  if (rules.get(root.rule)?.length === 0) {
    throw schemaProblem(builder.budget.subject, '', 'no value can satisfy it');
  }
  const complexity = checkComplexity(rules, builder);
  return { gbnf: gbnfOf(rules), rules, complexity };
}

void RegexProblem;
void regexAutomaton;
void regularExpression;
void textRules;
