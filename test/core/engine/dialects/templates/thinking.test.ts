import { describe, expect, it } from 'vitest';
import { thinkingSwitches, thinkingVariables } from '../../../../../src/core/engine/dialects/templates/thinking.js';

const qwen = "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>' }}{% endif %}";
const deepseek = `
  {%- if not thinking is defined %}{% if enable_thinking is defined %}{% set thinking = enable_thinking %}{% endif %}{% endif -%}
  {%- if thinking and reasoning_effort == 'max' %}{{ 'Think a lot.' }}{% endif -%}`;
const gptOss = `{% if reasoning_effort is not defined %}{% set reasoning_effort = "medium" %}{% endif %}{{ 'Reasoning: ' + reasoning_effort }}`;
const hunyuan = `{% if reasoning_effort not in ['high', 'low', 'no_think'] %}{{ raise_exception(reasoning_effort) }}{% endif %}
  {% if reasoning_effort == 'no_think' %}{{ '<think></think>' }}{% endif %}`;
const solar = `{% set reasoning_effort = reasoning_effort if reasoning_effort is defined else "high" %}
  {% if reasoning_effort in ["low", "minimal"] %}<|think|><|end|>{% endif %}`;
const cohere = "{% set on = not (reasoning_effort is defined and reasoning_effort | lower == 'none') %}";
const seed = '{% if thinking_budget == 0 %}<seed:think></seed:think>{% endif %}';
const minimax = `{% if thinking_mode == "enabled" %}<mm:think>{% elif thinking_mode == "disabled" %}</mm:think>{% endif %}`;
const nemotron = `{% set ns = namespace(enable_thinking=true) %}{% if '/no_think' in message['content'] %}
  {% set ns.enable_thinking = false %}{% endif %}{% if ns.enable_thinking is false %}<think></think>{% endif %}`;
const none = `{# enable_thinking #}{{ 'thinking' + message.thinking + block['thinking'] }} reasoning_effort`;

describe('thinkingVariables', () => {
  it.each([
    { name: 'a flag', source: qwen, off: { enable_thinking: false }, low: { enable_thinking: true } },
    {
      name: 'two flags and an effort',
      source: deepseek,
      off: { enable_thinking: false, thinking: false },
      low: { enable_thinking: true, thinking: true, reasoning_effort: 'low' },
    },
    { name: 'efforts only', source: gptOss, off: { reasoning_effort: 'low' }, low: { reasoning_effort: 'low' } },
    {
      name: 'a list of efforts',
      source: hunyuan,
      off: { reasoning_effort: 'no_think' },
      low: { reasoning_effort: 'low' },
    },
    { name: 'a least effort', source: solar, off: { reasoning_effort: 'minimal' }, low: { reasoning_effort: 'low' } },
    { name: 'no effort', source: cohere, off: { reasoning_effort: 'none' }, low: { reasoning_effort: 'low' } },
    { name: 'a budget', source: seed, off: { thinking_budget: 0 }, low: { thinking_budget: 1024 } },
    { name: 'modes', source: minimax, off: { thinking_mode: 'disabled' }, low: { thinking_mode: 'enabled' } },
    { name: 'messages', source: nemotron, off: {}, low: {} },
    { name: 'nothing', source: none, off: {}, low: {} },
  ])('sets what templates with $name know', ({ source, off, low }) => {
    expect(thinkingVariables(source, 'none')).toEqual(off);
    expect(thinkingVariables(source, 'low')).toEqual(low);
  });

  it.each([
    { name: 'a flag', source: qwen, on: { enable_thinking: true } },
    { name: 'flags beside an effort', source: deepseek, on: { enable_thinking: true, thinking: true } },
    { name: 'modes', source: minimax, on: { thinking_mode: 'enabled' } },
    { name: 'no budget', source: seed, on: {} },
    { name: 'no effort', source: gptOss, on: {} },
    { name: 'an effort that may be off', source: hunyuan, on: { reasoning_effort: 'high' } },
    { name: 'nothing', source: none, on: {} },
  ])('only turns thinking on with $name', ({ source, on }) => {
    expect(thinkingVariables(source, 'on')).toEqual(on);
  });

  it('takes the nearest effort that a template knows, and the higher of two', () => {
    const efforts = (source: string): unknown[] =>
      (['minimal', 'low', 'medium', 'high', 'xhigh'] as const).map(
        (effort) => thinkingVariables(source, effort)['reasoning_effort'],
      );
    expect(efforts(gptOss)).toEqual(['low', 'low', 'medium', 'high', 'high']);
    expect(efforts(hunyuan)).toEqual(['low', 'low', 'high', 'high', 'high']);
    expect(efforts(deepseek)).toEqual(['low', 'low', 'medium', 'high', 'max']);
    expect(efforts(solar)).toEqual(['minimal', 'low', 'medium', 'high', 'high']);
  });
});

describe('thinkingSwitches', () => {
  it('names variables, and words in messages where there are none', () => {
    expect(thinkingSwitches(qwen)).toEqual([{ type: 'flag', variable: 'enable_thinking' }]);
    expect(thinkingSwitches(nemotron)).toEqual([{ type: 'message', on: '/think', off: '/no_think' }]);
    expect(thinkingSwitches(none)).toEqual([]);
  });
});
