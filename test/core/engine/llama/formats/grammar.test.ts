import fc from 'fast-check';
import type { Llama } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../../src/core/engine/format/compile-format.js';
import { grammarAccepts, importLibrary } from '../../../../../src/core/engine/llama/library/library.js';
import { GrammarMatcher } from '../../../../support/grammar/matcher.js';
import { GrammarSampler } from '../../../../support/grammar/sampler.js';
import { schemasWithValues } from '../../../../support/grammar/schemas.js';
import { seededRandom } from '../../../../support/seeded-random.js';

const library = await importLibrary();
let llama: Llama;
beforeAll(async () => {
  llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });
});
afterAll(async () => {
  await llama.dispose();
});

/** The text, and the text with one character left out, doubled, or another one. */
function variants(text: string, random: () => number): string[] {
  const chars = Array.from(text);
  const index = Math.floor(random() * chars.length);
  const other = ['"', ' ', '0', '}', 'é', '\\', '\n'][Math.floor(random() * 7)] ?? '';
  const char = chars[index] ?? '';
  return [text, ...['', char + char, other].map((each) => chars.toSpliced(index, 1, each).join(''))];
}

describe('llama.cpp', () => {
  it('reads the grammars, and accepts the same texts as the rules they were written from', async () => {
    await fc.assert(
      fc.asyncProperty(schemasWithValues, fc.nat(), async ({ schema, values }, seed) => {
        const { gbnf, rules } = compileFormat({ type: 'json_schema', schema });
        const grammar = await llama.createGrammar({ grammar: gbnf });
        const matcher = new GrammarMatcher(rules);
        const random = seededRandom(seed);
        const sampler = new GrammarSampler(rules);
        const samples = [...values.map((value) => JSON.stringify(value)), sampler.sample(random, 40)];
        for (const text of samples.flatMap((each) => variants(each, random))) {
          expect(grammarAccepts(grammar, text), text).toBe(matcher.match(text).accepted);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads the grammar of json_object', async () => {
    const grammar = await llama.createGrammar({ grammar: compileFormat({ type: 'json_object' }).gbnf });
    const texts = ['{}', '{"a": [1, {"b": null}]}', '{"a" : 1}', '[]'];
    expect(texts.map((text) => grammarAccepts(grammar, text))).toEqual([true, true, false, false]);
  });
});
