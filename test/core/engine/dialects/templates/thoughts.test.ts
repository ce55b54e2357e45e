import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../../src/core/engine/dialects/dialect.js';
import { hermes } from '../../../../../src/core/engine/dialects/families/json/hermes.js';
import { endsInThought, thoughtsOf } from '../../../../../src/core/engine/dialects/templates/thoughts.js';
import { acceptsAnswer, anyCalls, read } from '../harness.js';

function dialectFor(templateSource: string): Dialect {
  return { thoughts: thoughtsOf(templateSource), calls: hermes };
}

/** Excerpts in the manner of templates, and an answer of such a model with the thought `Hm.` and the content `Yes.` */
const families = [
  {
    template: "{{ '<think>\\n' + message.reasoning_content + '\\n</think>' }}",
    answer: '<think>\nHm.\n</think>\n\nYes.',
  },
  { template: "{% set content = content.split('</think>')[-1] %}", answer: '<think>Hm.</think>Yes.' },
  { template: "{{ '[THINK]' + block.thinking + '[/THINK]' }}", answer: '[THINK]Hm.[/THINK]Yes.' },
  { template: "{% set begin = '<seed:think>' %}", answer: '\n<seed:think>Hm.</seed:think>\nYes.' },
  { template: "{% set begin = '<mm:think>' %}", answer: '<mm:think>Hm.</mm:think>Yes.' },
  {
    template: "{% set suffix = ':opensource' %}{% set begin = '<think{}>'.format(suffix) %}",
    answer: '<think:opensource>Hm.</think:opensource>Yes.',
  },
  {
    template: '<|START_THINKING|>{{ plan }}<|END_THINKING|>',
    answer: '<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Yes.<|END_RESPONSE|>',
  },
  {
    template: '<|START_THINKING|>{{ plan }}<|END_THINKING|>',
    answer: '<|START_THINKING|>Hm.<|END_THINKING|><|START_TEXT|>Yes.<|END_TEXT|>',
  },
  { template: "{% set inner = '<|inner_prefix|>' %}", answer: '<|inner_prefix|>Hm.<|inner_suffix|>Yes.' },
  { template: "{{ '<|channel>thought\\n' + text }}", answer: '<|channel>thought\nHm.\n<channel|>Yes.' },
  {
    template: "{{ '<|begin|>assistant<|think|>' + text + '<|end|>' }}",
    answer: '<|think|>Hm.<|end|><|begin|>assistant<|content|>Yes.<|end|>',
  },
  {
    template: "{{ '<|open|>' + tag + '<|sep|>' }}{{ open('think') }}",
    answer:
      '<|open|>think<|sep|>Hm.<|close|>think<|sep|><|open|>response<|sep|>Yes.<|close|>response<|sep|><|close|>message<|sep|>',
  },
  {
    template: "{{ 'Give the answer after [BEGIN FINAL RESPONSE].' }}",
    answer: 'Here are my reasoning steps:\nHm.\n[BEGIN FINAL RESPONSE]\nYes.[END FINAL RESPONSE]',
  },
  {
    template: "{{ 'Use <think></think>, then <response></response>.' }}",
    answer: '<think>Hm.</think>\n<response>Yes.</response>',
  },
  { template: "{{ 'You are MiMo, an AI assistant developed by Xiaomi.' }}", answer: '<think>Hm.</think>Yes.' },
];

const call = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';

describe('thoughts', () => {
  it.each(families)('are told apart from the answer: $answer', ({ template, answer }) => {
    const dialect = dialectFor(template);
    const wanted = { content: 'Yes.', reasoning: 'Hm.', calls: [] };
    expect(read(dialect, answer)).toEqual(wanted);
    const rest = answer.slice(answer.indexOf('Hm.'));
    expect(read(dialect, rest, { isThinking: true })).toEqual(wanted);
    expect(read(dialect, rest, { isThinking: true, tools: [] })).toEqual(wanted);
    expect(read(dialect, answer.replace(/Yes\..*/, call))).toEqual({
      ...wanted,
      content: '',
      calls: [{ name: 'now', arguments: {} }],
    });
  });

  it.each(families)('are free, and the answer after them is held to a format: $answer', ({ template, answer }) => {
    const dialect = dialectFor(template);
    const demand = { calls: null, format: { type: 'regex', regex: 'Yes\\.' } } as const;
    expect(acceptsAnswer(dialect, answer, demand)).toBe(true);
    expect(acceptsAnswer(dialect, 'Yes.', demand)).toBe(true);
    expect(acceptsAnswer(dialect, answer.replace('Yes.', 'No.'), demand)).toBe(false);
    const rest = answer.slice(answer.indexOf('Hm.'));
    expect(acceptsAnswer(dialect, rest, { ...demand, isThinking: true })).toBe(true);
    const required = { calls: { ...anyCalls, isRequired: true } };
    expect(acceptsAnswer(dialect, answer.replace(/Yes\..*/, call), required)).toBe(true);
    expect(acceptsAnswer(dialect, answer, required)).toBe(false);
  });

  it('are not found in templates without marks', () => {
    expect(thoughtsOf("{{ '<|im_start|>' + message.role }}{# thinking #}")).toBeNull();
    expect(thoughtsOf("{{ '\\n<response>' + message.content + '</response>' }}")).toBeNull();
  });

  it('may begin with a mark that the prompt has, and end without one that the answer has', () => {
    const dialect = dialectFor('<think>');
    expect(read(dialect, '<think>\nHm.</think>Yes.', { isThinking: true })).toEqual({
      content: 'Yes.',
      reasoning: 'Hm.',
      calls: [],
    });
    expect(read(dialect, '\n</think>\n\nYes.').content).toBe('Yes.');
    expect(read(dialect, '</think>Yes.', { isThinking: true })).toEqual({ content: 'Yes.', reasoning: '', calls: [] });
    expect(read(dialect, 'Yes </think>').content).toBe('Yes </think>');
  });

  it('end at calls where the model does not end them first', () => {
    const dialect = dialectFor('<|inner_prefix|>');
    expect(read(dialect, `<|inner_prefix|>Hm. ${call}`)).toEqual({
      content: '',
      reasoning: 'Hm.',
      calls: [{ name: 'now', arguments: {} }],
    });
    expect(acceptsAnswer(dialect, `<|inner_prefix|>Hm. ${call}`)).toBe(true);
    expect(acceptsAnswer(dialect, '<|inner_prefix|>Hm. <tool_call>sub')).toBe(false);
    expect(read(dialectFor('<think>'), `<think>Hm. ${call}`).calls).toEqual([]);
  });

  it('leave texts as they are that only look like marks of an answer', () => {
    const granite = dialectFor('<think></think><response></response>');
    expect(read(granite, 'Write <response>1</response>.').content).toBe('Write <response>1</response>.');
  });
});

describe('endsInThought', () => {
  it('looks for the beginning of a thought at the end of the prompt', () => {
    const thoughts = thoughtsOf('<think>');
    expect(endsInThought('<|im_start|>assistant\n<think>\n', thoughts)).toBe(true);
    expect(endsInThought('<|im_start|>assistant\n<think>', thoughts)).toBe(true);
    expect(endsInThought('<|im_start|>assistant\n<think>\n\n</think>\n\n', thoughts)).toBe(false);
    expect(endsInThought('<|im_start|>assistant\n', thoughts)).toBe(false);
    expect(endsInThought('<think>', null)).toBe(false);
    expect(endsInThought('<|turn>model\n<|channel>thought\n<channel|>', thoughtsOf('<|channel>thought'))).toBe(false);
  });
});
