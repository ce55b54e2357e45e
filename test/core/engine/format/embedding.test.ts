import { expect, it } from 'vitest';
import { compiled, schemaRule } from '../../../../src/core/engine/format/compile-format.js';
import { JsonRules } from '../../../../src/core/engine/grammar/json-rules.js';
import { Budget } from '../../../../src/core/engine/grammar/limits.js';
import { GrammarBuilder } from '../../../../src/core/engine/grammar/rules.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

it('puts the values of several schemas inside of other text', () => {
  const subject = { param: 'tools', name: 'The tools' };
  const builder = new GrammarBuilder(new Budget(subject));
  const json = new JsonRules(builder);
  const call = (name: string, parameters: Record<string, unknown>): readonly (typeof begin)[number][] => [
    ...builder.literal(`{"name": "${name}", "arguments": `),
    schemaRule(json, parameters, subject),
    ...builder.literal('}'),
  ];
  const begin = builder.literal('<tool_call>\n');
  const calls = builder.rule([
    call('time', { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] }),
    call('add', { type: 'array', items: { type: 'integer' } }),
  ]);
  const root = builder.rule([[...begin, calls, ...builder.literal('\n</tool_call>')]]);
  const { rules, complexity } = compiled(builder, root);
  const matcher = new GrammarMatcher(rules);
  const texts = [
    '<tool_call>\n{"name": "time", "arguments": {"zone":"UTC"}}\n</tool_call>',
    '<tool_call>\n{"name": "add", "arguments": [1, 2]}\n</tool_call>',
    '<tool_call>\n{"name": "add", "arguments": {"zone":"UTC"}}\n</tool_call>',
  ];
  expect(texts.map((text) => matcher.match(text).accepted)).toEqual([true, true, false]);
  expect(complexity.parallelStates).toBeLessThan(10);
});
