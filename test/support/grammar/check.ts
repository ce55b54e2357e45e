import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { type CompiledGrammar, compileFormat } from '../../../src/core/engine/format/compile-format.js';
import type { Random } from '../seeded-random.js';
import { formatChecks } from './formats.js';
import { GrammarMatcher } from './matcher.js';
import { GrammarSampler } from './sampler.js';
import type { SchemaWithValues } from './schemas.js';

const ajv = new Ajv2020({ strict: false, formats: formatChecks, validateSchema: false });

/**
 * What is wrong with the grammar of a schema: samples that the schema does not allow, values that it allows and the
 * grammar does not, more places in the grammar at once than calculated.
 */
export function problemsOf(
  { schema, values: known, candidates, meaning = schema }: SchemaWithValues,
  samples: number,
  random: Random,
  compile: (schema: Record<string, unknown>) => CompiledGrammar = compileSchema,
): string[] {
  const validate = ajv.compile(meaning satisfies AnySchema);
  const values = [...known, ...(candidates ?? []).filter((value) => validate(value))];
  const grammar = compiledOrNull(schema, compile);
  if (grammar === null) {
    if (candidates === undefined) return ['allows nothing'];
    return values.map((value) => `allows nothing, and not even ${JSON.stringify(value)}`);
  }
  const { rules, complexity } = grammar;
  const problems: string[] = [];
  const matcher = new GrammarMatcher(rules);
  const sampler = new GrammarSampler(rules);
  const texts = values.flatMap((value) => [JSON.stringify(value), JSON.stringify(value, null, 2)]);
  for (const value of values) if (!validate(value)) problems.push(`not a value: ${JSON.stringify(value)}`);
  for (let count = 0; count < samples; count += 1) {
    const text = sampler.sample(random, 60);
    texts.push(text);
    if (!isJson(text) || !validate(JSON.parse(text))) problems.push(`violates the schema: ${text}`);
  }
  for (const text of texts) {
    const { accepted, mostStacks } = matcher.match(text);
    if (!accepted) problems.push(`not accepted: ${text}`);
    if (mostStacks > complexity.parallelStates) problems.push(`${mostStacks} stacks for ${text}`);
  }
  ajv.removeSchema();
  return problems;
}

function compileSchema(schema: Record<string, unknown>): CompiledGrammar {
  return compileFormat({ type: 'json_schema', schema });
}

/** @returns null if no text satisfies the schema */
function compiledOrNull(
  schema: Record<string, unknown>,
  compile: (schema: Record<string, unknown>) => CompiledGrammar,
): CompiledGrammar | null {
  try {
    return compile(schema);
  } catch (error) {
    if (error instanceof Error && error.message.includes('no output can satisfy it')) return null;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
