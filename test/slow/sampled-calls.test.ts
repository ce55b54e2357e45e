import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../src/core/base/errors.js';
import type { CallSyntax } from '../../src/core/engine/dialects/dialect.js';
import { functionGemma } from '../../src/core/engine/dialects/families/function-gemma.js';
import { gemma4 } from '../../src/core/engine/dialects/families/gemma4.js';
import { lfm2 } from '../../src/core/engine/dialects/families/lfm2.js';
import { olmo3 } from '../../src/core/engine/dialects/families/olmo3.js';
import { glm } from '../../src/core/engine/dialects/families/parameters/glm.js';
import { hunyuan } from '../../src/core/engine/dialects/families/parameters/hunyuan.js';
import { deepSeekV32, minimaxM2 } from '../../src/core/engine/dialects/families/parameters/invoke-calls.js';
import { kimiK3 } from '../../src/core/engine/dialects/families/parameters/kimi-k3.js';
import { miniCpm } from '../../src/core/engine/dialects/families/parameters/minicpm.js';
import { minimaxM3 } from '../../src/core/engine/dialects/families/parameters/minimax-m3.js';
import { qwen3Coder } from '../../src/core/engine/dialects/families/parameters/qwen3-coder.js';
import { seedOss } from '../../src/core/engine/dialects/families/parameters/seed-oss.js';
import { answerGrammar } from '../../src/core/engine/dialects/rules/answer-grammar.js';
import type { CompiledGrammar } from '../../src/core/engine/format/compile-format.js';
import type { CallDemand } from '../../src/core/engine/output-format.js';
import { readWhole } from '../core/engine/dialects/harness.js';
import { formatChecks } from '../support/grammar/formats.js';
import { GrammarMatcher } from '../support/grammar/matcher.js';
import { GrammarSampler } from '../support/grammar/sampler.js';
import { schemasWithValues } from '../support/grammar/schemas.js';
import { seededRandom } from '../support/seeded-random.js';

const ajv = new Ajv2020({ strict: false, formats: formatChecks, validateSchema: false });

/** Null if it is refused: texts with end marks take more rules than JSON, and some names cannot be written. */
function grammarOf(calls: CallSyntax, demand: CallDemand): CompiledGrammar | null {
  try {
    return answerGrammar({ thoughts: null, calls }, { calls: demand, format: { type: 'text' }, isThinking: false });
  } catch (error) {
    if (error instanceof ChatstreamError) return null;
    throw error;
  }
}

const syntaxes = [
  ...[
    qwen3Coder,
    seedOss,
    glm,
    hunyuan,
    minimaxM2,
    deepSeekV32,
    miniCpm,
    kimiK3,
    minimaxM3,
    gemma4,
    functionGemma,
    lfm2,
    olmo3,
  ],
];

describe.each(syntaxes)('calls that the grammar of $name allows', (calls) => {
  const dialect = { thoughts: null, calls };

  it('are read as calls with arguments that the schema allows, with no more stacks than calculated', () => {
    fc.assert(
      fc.property(schemasWithValues, schemasWithValues, fc.nat(), (a, b, seed) => {
        // Their references are to their own root.
        fc.pre(!JSON.stringify([a.schema, b.schema]).includes('"$ref"'));
        const properties = { a: a.schema, b: b.schema };
        const parameters = { type: 'object', properties, required: ['b'], additionalProperties: false };
        const tools = [{ name: 'save', parameters, isStrict: true }];
        const demand = { tools, isRequired: true, isParallel: false };
        const grammar = grammarOf(calls, demand);
        fc.pre(grammar !== null);
        const validate = ajv.compile(parameters);
        const random = seededRandom(seed);
        const sampler = new GrammarSampler(grammar.rules);
        for (let count = 0; count < 3; count += 1) {
          const text = sampler.sample(random, 60);
          const answer = readWhole(dialect, text, { tools });
          expect(answer.content, text).toBe('');
          expect(answer.calls.length, text).toBe(1);
          const valid = validate(answer.calls[0]?.arguments);
          expect(valid, `${JSON.stringify(answer.calls)} from ${text} by ${JSON.stringify(parameters)}`).toBe(true);
          const { accepted, mostStacks } = new GrammarMatcher(grammar.rules).match(text);
          expect(accepted).toBe(true);
          expect(mostStacks, text).toBeLessThanOrEqual(grammar.complexity.parallelStates);
        }
        ajv.removeSchema();
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
