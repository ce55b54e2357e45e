import { describe, expect, it } from 'vitest';
import { muse } from '../../../../../../src/core/engine/dialects/families/parameters/muse.js';
import { acceptsAnswer, anyCalls, read } from '../../harness.js';

const thought = ' to=self<|message|>Hm.<|eom|><|start|>assistant';
const block = (inside: string): string => `<atem:function_calls>\n${inside}\n</atem:function_calls>`;
const sum = block(
  '<atem:invoke name="add">\n<atem:parameter name="a">1</atem:parameter>\n<atem:parameter name="b">2</atem:parameter>\n</atem:invoke>',
);
const now = block('<atem:invoke name="now">\n</atem:invoke>');
const added = { name: 'add', arguments: { a: 1, b: 2 } };

describe('reading Muse Glimmer', () => {
  it('tells thoughts, content and calls apart by their recipients', () => {
    expect(read(muse, `${thought} to=user<|message|>Yes.`)).toEqual({ content: 'Yes.', reasoning: 'Hm.', calls: [] });
    expect(read(muse, `${thought} to=add<|message|>${sum}`)).toEqual({ content: '', reasoning: 'Hm.', calls: [added] });
    expect(
      read(muse, ` to=add<|message|>${sum}<|eom|><|start|>assistant to=now<|message|>${now}<|eot|>`).calls,
    ).toEqual([added, { name: 'now', arguments: {} }]);
  });
});

describe('the grammar of Muse Glimmer', () => {
  it('holds calls from their headers on', () => {
    const accepted = [
      `${thought} to=user<|message|>Yes.`,
      `${thought} to=add<|message|>${sum}`,
      ` to=now<|message|>${now}`,
    ];
    expect(accepted.filter((text) => !acceptsAnswer(muse, text))).toEqual([]);
    const refused = [` to=sub<|message|>${sum}`, ` to=now<|message|>${sum}`, ` to=add<|message|>Yes.`];
    expect(refused.filter((text) => acceptsAnswer(muse, text))).toEqual([]);
  });

  it('allows several calls only in parallel', () => {
    const both = ` to=now<|message|>${now}<|eom|><|start|>assistant to=add<|message|>${sum}`;
    expect(acceptsAnswer(muse, both)).toBe(true);
    expect(acceptsAnswer(muse, both, { calls: { ...anyCalls, isParallel: false } })).toBe(false);
  });
});
