import { describe, expect, it } from 'vitest';
import { marksOf } from '../../../../../src/core/engine/dialects/dialect.js';
import { dialectOf, toolsVariable } from '../../../../../src/core/engine/dialects/templates/dialect-of.js';

const list = '{% if tools %}{{ tools | tojson }}{% endif %}';

/** How templates show calls, in the manner of each family. */
const families: readonly (readonly [name: string, excerpt: string])[] = [
  ['hermes', `{{ 'Use <tool_call>\\n{"name": <name>, "arguments": <object>}\\n</tool_call>.' }}`],
  ['llama3', `{{ 'Answer with {"name": function name, "parameters": an object}.' }}`],
  ['mistral', `{{ '[TOOL_CALLS]' + call.name + '[ARGS]' + call.arguments }}`],
  ['mistral-list', `{{ '[TOOL_CALLS][' + call | tojson + ']' }}`],
  ['functionary-v3.1', `{{ '<function=' + call.name + '>' + call.arguments + '</function>' }}`],
  ['functionary-v3.2', `{{ '>>>all\\n' + message.content }}`],
  ['deepseek-r1', "{{ '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>' + name + '\\n```json\\n' + arguments }}"],
  ['deepseek-v3.1', "{{ '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>' + name + '<｜tool▁sep｜>' + arguments }}"],
  ['deepseek-v3.2', `{% set mark = '｜DSML｜' %}{{ '<' + mark + 'function_calls>' }}`],
  ['deepseek-v4', `{% set mark = '｜DSML｜' %}{{ '<' + mark + 'tool_calls>' }}`],
  ['kimi-k2', `<|tool_calls_section_begin|><|tool_call_begin|>{{ id }}`],
  ['kimi-k3', `{{ '<|open|>' + name + '<|sep|>' }}{{ open_tag('tools') }}`],
  ['granite', `{{ 'Begin with <|tool_call|>, then a list.' }}`],
  ['command-r7b', `<|START_ACTION|>[{{ calls }}]<|END_ACTION|>`],
  ['command-r-plus', `{{ 'Action:\\n\`\`\`json\\n[{"tool_name": ' + name }}`],
  ['nemotron', `{{ '<TOOLCALL>[' + calls + ']</TOOLCALL>' }}`],
  ['apertus', `{% set begin = '<|tools_prefix|>' %}`],
  ['functools', `{{ 'Write functools[...].' }}`],
  ['functools', `{{ '<|tool|>' + tools | tojson + '<|/tool|>' }}`],
  ['tool-calls-list', `{{ '\\n<tool_calls>[' + calls + ']</tool_calls>' }}`],
  ['tool-calls-lines', `{{ '<tool_calls>\\n{"name": "' + name }}`],
  ['xlam', `{{ 'You make calls in a single JSON array.' }}`],
  ['gigachat', `{% set separator = '<|role_sep|>\\n' %}{% set role = 'function call' %}`],
  ['gigachat', `{% set separator = '<|role_sep|>\\n' %}{% set call = '<|function_call|>' %}`],
  ['gigachat-3.5', `{% set separator = '<|role_sep|>\\n' %}{{ 'function call' }}{{ '<｜GCML｜tool_calls>\\n' }}`],
  ['olmo3', `{{ '<function_calls>' }}{{ name + '(' + arguments + ')' }}{{ '</function_calls>' }}`],
  ['solar', `{{ '<|tool_call:begin|>' + call.id }}`],
  ['qwen3-coder', `{{ '<tool_call>\\n<function=' + call.name + '>\\n<parameter=' + key + '>\\n' }}`],
  ['glm', `{{ '<tool_call>' + name }}<arg_key>{{ key }}</arg_key><arg_value>{{ value }}</arg_value></tool_call>`],
  [
    'hunyuan',
    `{% set suffix = ':opensource' %}{{ '<tool_call{}>'.format(suffix) + name + '<tool_sep{}>'.format(suffix) }}`,
  ],
  ['minimax-m3', `{% set mark = ']<]minimax[>[' %}{{ mark + '<tool_call>' }}`],
  ['minimax-m2', `{% set begin = '<minimax:tool_call>' %}<invoke name="{{ name }}">`],
  ['seed-oss', `{% set begin = '<seed:tool_call>' %}{{ '<function=' + name + '>\\n<parameter=' }}`],
  ['gemma4', `{{ '<|tool_call>call:' + name + '{' }}`],
  ['function-gemma', `{{ '<start_function_call>call:' + name + '{' }}`],
  ['lfm2', `{{ 'List of tools: [' }}`],
  ['lfm2', `{{ '<|tool_call_start|>[' + calls + ']<|tool_call_end|>' }}`],
  ['minicpm', `{{ '<function name="' + name + '"><param name="' + key + '">' }}`],
  ['muse-glimmer', `{{ ' to=self<|message|>' + text }}{{ '<atem:function_calls>' }}`],
  ['harmony', `{{ '<|channel|>analysis<|message|>' + message.thinking }}`],
];

describe('dialectOf', () => {
  it.each(families)('recognises %s in %j', (name, excerpt) => {
    expect(dialectOf(list + excerpt).calls?.name).toBe(name);
    expect(dialectOf(excerpt).thoughts).toEqual(dialectOf(list + excerpt).thoughts);
  });

  it('finds no calls in templates that do not show tools, or show calls in another way', () => {
    expect(dialectOf("{{ '<tool_call>' + message.tool_calls }}{# tools #}").calls).toBeNull();
    expect(dialectOf(`${list}{{ 'Call: ' + name }}`)).toEqual({ thoughts: null, calls: null });
    expect(dialectOf("{{ '<|channel|>analysis<|message|>' }}")).toMatchObject({
      calls: null,
      messages: { role: 'assistant' },
    });
  });

  it('finds thoughts', () => {
    expect(dialectOf(`${list}{{ '<think>\\n<tool_call>' }}`)).toMatchObject({
      thoughts: { begin: '<think>', end: '</think>' },
      calls: { name: 'hermes' },
    });
  });

  it('names the tokens of thoughts and calls', () => {
    const marks = ['[THINK]', '[/THINK]', '[TOOL_CALLS]', '[ARGS]'];
    expect(marksOf(dialectOf(`${list}{{ '[THINK]' }}{{ '[TOOL_CALLS]' + name + '[ARGS]' }}`))).toEqual(
      expect.arrayContaining(marks),
    );
    expect(marksOf(dialectOf(''))).toEqual([]);
  });
});

describe('toolsVariable', () => {
  it('is the variable with the tools', () => {
    expect(toolsVariable('{% for tool in tools %}{% endfor %}')).toBe('tools');
    expect(toolsVariable("{% set text = 'Functions: ' + functions %}")).toBe('functions');
    expect(toolsVariable("{{ 'tools' + message.tools }}")).toBeNull();
  });
});
