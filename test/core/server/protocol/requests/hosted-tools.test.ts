import { describe, expect, it } from 'vitest';
import { leftOutTools } from '../../../../../src/core/server/protocol/requests/hosted-tools.js';

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

  it('are always searches that must not access the web', () => {
    const offline = { type: 'web_search', external_web_access: false };
    const live = { type: 'web_search', external_web_access: true };
    expect([...leftOutTools([offline])]).toEqual([offline]);
    expect([...leftOutTools([offline, live])]).toEqual([offline]);
    expect([...leftOutTools([own, offline, live])]).toEqual([offline, live]);
  });
});
