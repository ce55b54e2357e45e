import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../../../src/core/base/errors.js';
import { inputItems } from '../../../../../../src/core/server/protocol/responses/items/input-items.js';
import { responseOfItem } from '../../../../../../src/core/server/protocol/responses/items/item-ids.js';
import { sealed } from '../../../../../../src/core/server/protocol/responses/items/thought-envelope.js';
import type { ConversationItem, WireItem } from '../../../../../../src/core/server/schemas/responses/response-items.js';

const key = 'c'.repeat(48);

const notStored = (id: string, param: string): ConversationItem => {
  throw new ChatstreamError('not_found', `There is no ${id}.`, { param });
};

function read(input: string | readonly WireItem[] | null): readonly ConversationItem[] {
  return inputItems(input, { key, find: notStored, param: 'input' });
}

describe('the input of a response', () => {
  it('is a message of the user if it is a text', () => {
    expect(read('Hi')).toEqual([
      {
        type: 'message',
        id: `msg_${key}a0000`,
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: 'Hi' }],
      },
    ]);
    expect(read(null)).toEqual([]);
  });

  it('may have messages of every role, with or without a type, as texts or in parts', () => {
    const items = read([
      { role: 'developer', content: 'Be brief.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { role: 'assistant', content: 'Hello' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
    expect(items.map((item) => (item.type === 'message' ? [item.role, item.content] : item.type))).toEqual([
      ['developer', [{ type: 'input_text', text: 'Be brief.' }]],
      ['user', [{ type: 'input_text', text: 'Hi' }]],
      ['assistant', [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }]],
      ['assistant', [{ type: 'refusal', refusal: 'No.' }]],
    ]);
  });

  it('may have calls, their outputs and thoughts', () => {
    const items = read([
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'So.' }], content: [] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: '9' }] },
    ]);
    expect(items).toMatchObject([
      { type: 'reasoning', id: 'rs_1', summary: [{ text: 'So.' }], content: [] },
      { type: 'function_call', id: `fc_${key}a0001`, call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', id: `fco_${key}a0002`, call_id: 'c1', output: [{ text: '9' }] },
    ]);
  });

  it('may have thoughts that only their envelope has', () => {
    const thoughts = read([
      { type: 'reasoning', summary: [], encrypted_content: sealed('Hm, 考') },
      { type: 'reasoning', summary: [], encrypted_content: 'made elsewhere' },
    ]);
    expect(thoughts).toMatchObject([{ content: [{ type: 'reasoning_text', text: 'Hm, 考' }] }, { content: [] }]);
  });

  it('may refer to items that are stored, with their type or without', () => {
    const [item] = read('Hi');
    if (item === undefined) throw new Error('There is no item.');
    const references = [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_2' }];
    expect(inputItems(references, { key, find: () => item, param: 'input' })).toEqual([item, item]);
  });

  it('has each item once, and none that was said before', () => {
    const known = { role: 'user', content: 'Hi', id: 'msg_1' };
    const before = { key, find: notStored, isSaid: (id: string) => id === 'msg_2', param: 'input' } as const;
    const items = inputItems([known, { ...known, id: '' }, { ...known, id: null }], before);
    expect(items.map(({ id }) => id)).toEqual(['msg_1', `msg_${key}a0001`, `msg_${key}a0002`]);
    expect(() => read([known, { ...known, type: 'reasoning' }])).toThrow('"msg_1" is there more than once');
    for (const again of [
      { ...known, id: 'msg_2' },
      { type: 'item_reference', id: 'msg_2' },
    ]) {
      expect(() => inputItems([known, again], before)).toThrow(
        expect.objectContaining({ code: 'invalid_request', param: 'input.1.id' }) as Error,
      );
    }
  });

  it('loses calls of tools that a provider has run, and their results', () => {
    const search = { type: 'web_search_call', id: 'ws_1' };
    const picture = { type: 'computer_call_output', call_id: 'c1' };
    const items = read([search, { role: 'user', content: 'Hi' }, search, picture, { role: 'user', content: 'Well?' }]);
    expect(items.map(({ id }) => id)).toEqual([`msg_${key}a0001`, `msg_${key}a0004`]);
    expect(read([{ role: 'user', content: 'Hi' }, search])).toHaveLength(1);
  });

  it('is refused if it is about such calls', () => {
    const asked = { role: 'user', content: 'Press the button.' };
    const wrong = { code: 'invalid_request', hint: expect.stringContaining('Nothing here runs such tools.') as string };
    const call = { type: 'computer_call', call_id: 'c1' };
    expect(() => read([asked, call, { type: 'computer_call_output', call_id: 'c1' }])).toThrow(
      expect.objectContaining({ ...wrong, param: 'input.1.type' }) as Error,
    );
    expect(() => read([{ type: 'web_search_call' }, call])).toThrow(
      expect.objectContaining({ ...wrong, param: 'input.0.type' }) as Error,
    );
  });

  it.each<[string, WireItem]>([
    ['input.0.type', { type: 'image_generation_call', id: 'a' }],
    ['input.0.type', { type: 'compaction', encrypted_content: 'a' }],
    ['input.0.type', { type: 'local_shell_call', call_id: 'a', name: 'b' }],
    ['input.0.content', { role: 'user' }],
    ['input.0.role', { content: 'Hi' }],
    ['input.0.role', { role: 'tool', content: 'Hi' }],
    ['input.0.content', { role: 'user', content: [{ type: 'input_image' }] }],
    ['input.0.content', { role: 'user', content: [{ type: 'input_text' }] }],
    ['input.0.call_id', { type: 'function_call', name: 'f', arguments: '{}' }],
    ['input.0.name', { type: 'function_call', call_id: 'a', arguments: '{}' }],
    ['input.0.output', { type: 'function_call_output', call_id: 'a' }],
    ['input.0.output', { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_thing' }] }],
    ['input.0.content', { role: 'developer', content: [{ type: 'input_image' }] }],
    ['input.0.id', { type: 'item_reference' }],
    ['input.0.id', { type: 'item_reference', id: 'unknown' }],
  ])('is refused with the name of what is wrong: %s in %j', (param, item) => {
    expect(() => read([item])).toThrow(expect.objectContaining({ param }) as Error);
  });
});

describe('an image in the input', () => {
  const picture: WireItem = { role: 'user', content: [{ type: 'input_text', text: 'See:' }, { type: 'input_image' }] };
  const seen = [{ text: 'See:' }, { text: '[image omitted: this model reads text only]' }];
  const call: WireItem = { type: 'function_call', call_id: 'c1', name: 'view_image', arguments: '{}' };
  const result: WireItem = { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_image' }] };

  it('is an error in what the model is to answer', () => {
    for (const before of [
      [],
      [{ role: 'assistant', content: 'Yes?' }],
      [result, { role: 'assistant', content: 'So.' }],
    ]) {
      expect(() => read([...before, picture])).toThrow(
        expect.objectContaining({
          param: `input.${before.length}.content`,
          hint: expect.stringContaining('The model reads text only.') as string,
        }) as Error,
      );
    }
  });

  it('is an error in any message that the model is to answer', () => {
    const search = { type: 'web_search_call', id: 'ws_1' };
    const asked = [{ role: 'user', content: 'Hi' }, search, { role: 'assistant', content: 'Yes?' }, picture];
    expect(() => read([...asked, { role: 'user', content: 'What is it?' }])).toThrow(
      expect.objectContaining({ param: 'input.3.content' }) as Error,
    );
  });

  it('is a note in earlier messages, and in the results of tools and what comes with them', () => {
    expect(read([picture, { role: 'assistant', content: 'I cannot.' }, { role: 'user', content: 'Hi' }])).toMatchObject(
      [{ content: seen }, {}, {}],
    );
    expect(read([picture, call, result])).toMatchObject([{ content: seen }, {}, { output: [seen[1]] }]);
    expect(read([call, { ...result, type: 'custom_tool_call_output' }, picture])).toMatchObject([
      {},
      { output: [seen[1]] },
      { content: seen },
    ]);
  });
});

it('leads from the id of an item to its response, and from no other id', () => {
  const [item] = read('Hi');
  expect(responseOfItem(item?.id ?? '')).toBe(`resp_${key}`);
  expect(responseOfItem('msg_67ccd3acc8d48190a77525dc6de64b41')).toBeNull();
});
