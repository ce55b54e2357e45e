import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  leftOutBlocks,
  leftOutItems,
  leftOutTools,
} from '../../../../../src/core/server/protocol/requests/hosted-tools.js';
import { hostedItems, hostedResults } from '../../../../../src/core/server/schemas/shared/hosted-calls.js';

const own = { type: 'function' };

function leftOut(...types: readonly (string | null | undefined)[]): readonly unknown[] {
  const tools = types.map((type) => (type === undefined ? {} : { type }));
  return [...leftOutTools(tools)].map(({ type }) => type);
}

describe('the tools that a model does not get', () => {
  it.each([
    'web_search',
    'web_search_2025_08_26',
    'web_search_preview',
    'web_search_20250305',
    'web_fetch_20250910',
    'image_generation',
    'tool_search',
    'tool_search_tool_bm25_20251119',
  ])('are those that a provider runs: %s', (type) => {
    expect(leftOut('function', type)).toEqual([type]);
    expect(leftOut(type, 'custom')).toEqual([type]);
    expect(leftOut(type, null)).toEqual([type]);
    expect(leftOut(type, undefined)).toEqual([type]);
  });

  it.each(['file_search', 'mcp', 'code_interpreter', 'local_shell', 'bash_20250124', 'memory_20250818', 'computer'])(
    'are none that have data of the client, or act for it: %s',
    (type) => {
      expect(leftOut('function', type)).toEqual([]);
    },
  );

  it.each(['web_searching', 'my_web_search', 'web_search_\r\nx: y', `web_search_${'x'.repeat(33)}`, 'WEB_SEARCH', ''])(
    'are none of another name: %j',
    (type) => {
      expect(leftOut('function', type)).toEqual([]);
    },
  );

  it('are none if there are no others, because the request is about them', () => {
    expect(leftOut()).toEqual([]);
    expect(leftOut('web_search')).toEqual([]);
    expect(leftOut('web_search', 'image_generation')).toEqual([]);
  });

  it('are no searches for tools that only the client can find', () => {
    const search = { type: 'tool_search', execution: 'client' };
    expect(leftOutTools([own, search]).size).toBe(0);
    expect(leftOutTools([own, { ...search, execution: 'server' }]).size).toBe(1);
  });

  it('are always searches that must not access the web', () => {
    const offline = { type: 'web_search', external_web_access: false };
    const live = { type: 'web_search', external_web_access: true };
    expect([...leftOutTools([offline])]).toEqual([offline]);
    expect([...leftOutTools([offline, live])]).toEqual([offline]);
    expect([...leftOutTools([own, offline, live])]).toEqual([offline, live]);
  });
});

describe('the items that a model does not get', () => {
  const message = { role: 'user', content: 'Hi' };
  const item = fc.constantFrom(message, { type: 'reasoning' }, ...[...hostedItems].map((type) => ({ type })));

  it('are all calls that a provider has run, if there is something else to answer', () => {
    fc.assert(
      fc.property(fc.array(item), (before) => {
        const input = [...before.map((each) => ({ ...each })), message];
        expect([...leftOutItems(input)]).toEqual(input.filter((each) => 'type' in each && hostedItems.has(each.type)));
      }),
    );
  });

  it('are none if the request is about them', () => {
    expect(leftOutItems([{ type: 'web_search_call' }, { type: 'mcp_call' }]).size).toBe(0);
    expect(leftOutItems([]).size).toBe(0);
    for (const type of hostedResults)
      expect(leftOutItems([message, { type: 'web_search_call' }, { type }]).size).toBe(0);
  });

  it('are none of a text', () => {
    expect(leftOutItems('web_search_call').size).toBe(0);
    expect(leftOutItems(null).size).toBe(0);
  });
});

it('finds the blocks that a model does not get in the messages', () => {
  const search = { type: 'server_tool_use' };
  const found = { type: 'web_search_tool_result' };
  const messages = [
    { role: 'user' as const, content: 'server_tool_use' },
    { role: 'assistant' as const, content: [{ type: 'text', text: 'So.' }, search, found] },
  ];
  expect(leftOutBlocks(messages)).toEqual([search, found]);
});
