import { describe, expect, it } from 'vitest';
import { marksOf } from '../../../../../src/core/engine/dialects/dialect.js';
import { harmony } from '../../../../../src/core/engine/dialects/families/harmony.js';
import { acceptsAnswer, anyCalls, read } from '../harness.js';

const thought = '<|channel|>analysis<|message|>We need <the> sum.<|end|><|start|>assistant';
const sum = '{"a": 1, "b": -2.5}';
const call = `<|channel|>commentary to=functions.add <|constrain|>json<|message|>${sum}`;
const added = { name: 'add', arguments: { a: 1, b: -2.5 } };

describe('reading Harmony', () => {
  it('knows functions by names with spaces', () => {
    const tools = ['my', 'my tool', 'my tool <2>'].map((name) => ({ name, isStrict: false }));
    for (const { name } of tools) {
      for (const header of [
        `<|channel|>commentary to=functions.${name} <|constrain|>json`,
        ` to=functions.${name}<|channel|>commentary`,
      ]) {
        expect(read(harmony, `${header}<|message|>{}`, { tools }).calls).toEqual([{ name, arguments: {} }]);
      }
    }
  });

  it('tells analysis, commentary and the final answer apart', () => {
    expect(read(harmony, `${thought}<|channel|>final<|message|>Yes.\n`)).toEqual({
      content: 'Yes.\n',
      reasoning: 'We need <the> sum.',
      calls: [],
    });
    const preamble = '<|channel|>commentary<|message|>I will add.<|end|><|start|>assistant';
    expect(read(harmony, thought + preamble + call)).toEqual({
      content: 'I will add.',
      reasoning: 'We need <the> sum.',
      calls: [added],
    });
    expect(read(harmony, `${preamble}<|channel|>final<|message|>Three.`).content).toBe('I will add.\n\nThree.');
    expect(read(harmony, `${thought}${thought}<|channel|>final<|message|>Three.`)).toMatchObject({
      content: 'Three.',
      reasoning: 'We need <the> sum.\n\nWe need <the> sum.',
    });
  });

  it.each([
    call,
    ` to=functions.add<|channel|>commentary json<|message|>${sum}`,
    ` to=functions.add<|channel|>commentary <|constrain|>json<|message|>${sum}<|call|>`,
    `<|channel|>analysis to=functions.add<|message|>${sum}<|end|>`,
    `<|channel|>commentary to=add code<|message|> ${sum}`,
    `<|start|>assistant to=functions.add<|message|>${sum}`,
  ])('finds the call in %j', (text) => {
    expect(read(harmony, text)).toEqual({ content: '', reasoning: '', calls: [added] });
    expect(read(harmony, thought + text).calls).toEqual([added]);
  });

  it('reads calls without arguments, several of them, and what was cut off', () => {
    expect(read(harmony, ' to=functions.now<|channel|>commentary<|message|>').calls).toEqual([
      { name: 'now', arguments: {} },
    ]);
    expect(read(harmony, `${call}<|call|><|start|>assistant${call}`).calls).toEqual([added, added]);
    expect(read(harmony, `${thought}${call.slice(0, -1)}`).calls).toEqual([
      { name: 'add', arguments: sum.slice(0, -1) },
    ]);
    expect(read(harmony, `${thought}<|channel|>commentary to=func`)).toMatchObject({ content: '', calls: [] });
  });

  it('reads messages without a channel, without a header and without an end', () => {
    expect(read(harmony, 'Yes, to=me\nand <|you').content).toBe('Yes, to=me\nand <|you');
    expect(read(harmony, '<|message|>Yes.').content).toBe('Yes.');
    expect(read(harmony, '<|channel|>analysis<|message|>Hm.<|start|>assistant<|channel|>final<|message|>Yes.')).toEqual(
      {
        content: 'Yes.',
        reasoning: 'Hm.',
        calls: [],
      },
    );
    expect(read(harmony, `${thought}Yes.`).content).toBe('Yes.');
    expect(read(harmony, 'to=5').content).toBe('to=5');
  });

  it('leaves calls of other tools as content, and what goes to the tools of the model as thoughts', () => {
    const other = '<|channel|>commentary to=functions.sub <|constrain|>json<|message|>{"a": 1}';
    expect(read(harmony, other)).toEqual({ content: '{"a": 1}', reasoning: '', calls: [] });
    expect(read(harmony, call, { tools: [] })).toEqual({ content: sum, reasoning: '', calls: [] });
    const code = '<|channel|>analysis to=python code<|message|>print(1)<|end|>';
    expect(read(harmony, code)).toEqual({ content: '', reasoning: 'print(1)', calls: [] });
  });

  it('continues a thought that the prompt begins', () => {
    expect(read(harmony, `Hm.<|end|><|start|>assistant${call}`, { isThinking: true })).toEqual({
      content: '',
      reasoning: 'Hm.',
      calls: [added],
    });
  });

  it('names its tokens', () => {
    expect(marksOf(harmony)).toEqual(
      expect.arrayContaining(['<|channel|>', '<|message|>', '<|constrain|>', '<|end|>']),
    );
  });
});

describe('the grammar of Harmony', () => {
  const final = '<|channel|>final<|message|>';

  it('allows thoughts, text, and calls that the schemas allow', () => {
    const texts = [
      `${thought}${final}Yes.`,
      `${final}Use <|channel|> and to=functions.sub.`,
      `${thought}<|channel|>commentary<|message|>I will add.<|end|><|start|>assistant${call}`,
      call,
      ` to=functions.now<|channel|>commentary json<|message|>{}`,
      '<|message|>Yes.<|end|>',
      '<|channel|>analysis<|message|>Hm',
    ];
    expect(texts.filter((text) => !acceptsAnswer(harmony, text))).toEqual([]);
  });

  it('allows nothing else once a call has begun', () => {
    const texts = [
      `${thought}<|channel|>commentary to=functions.sub <|constrain|>json<|message|>{}`,
      ' to=functions.add<|channel|>commentary json<|message|>{"a": 1}',
      ' to=functions.add<|channel|>final json<|message|>{"a": 1, "b": 2}',
      `${call} and more`,
      `${thought}<|channel|>commentary to=`,
    ];
    expect(texts.filter((text) => acceptsAnswer(harmony, text))).toEqual([]);
  });

  it('requires a call, after thoughts', () => {
    const calls = { ...anyCalls, isRequired: true };
    const accepted = [call, `${thought}${call}`, `${final}Yes.`, thought, ''].map((text) =>
      acceptsAnswer(harmony, text, { calls }),
    );
    expect(accepted).toEqual([true, true, false, false, false]);
    expect(acceptsAnswer(harmony, `Hm.<|end|><|start|>assistant${call}`, { calls, isThinking: true })).toBe(true);
  });

  it('holds the final message to a format, after free thoughts', () => {
    const demand = { calls: null, format: { type: 'regex', regex: '[0-9]+' } } as const;
    const texts = [`${final}42`, `${thought}${final}42`, `${thought}<|channel|>final <|constrain|>json<|message|>42`];
    expect(texts.filter((text) => !acceptsAnswer(harmony, text, demand))).toEqual([]);
    const refused = [`${final}x`, '42', thought, `<|channel|>commentary<|message|>Hm.`, call];
    expect(refused.filter((text) => acceptsAnswer(harmony, text, demand))).toEqual([]);
  });

  it('allows a call instead of the format', () => {
    const format = { type: 'regex', regex: '[0-9]+' } as const;
    expect(acceptsAnswer(harmony, `${thought}${call}`, { format })).toBe(true);
  });
});
