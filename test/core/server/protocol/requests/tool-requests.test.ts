import { expect, it } from 'vitest';
import { requestedTools } from '../../../../../src/core/server/protocol/requests/tool-requests.js';

it('allows each tool once, however often a choice names it', () => {
  const tools = ['f', 'g', 'h'].map((name) => ({ type: 'function', function: { name } }));
  const named = ['g', 'f', 'g', 'g', 'f'].map((name) => ({ type: 'function', name }));
  const requested = requestedTools({ tools, tool_choice: { type: 'allowed_tools', mode: 'required', tools: named } });
  expect(requested?.demand.tools.map(({ name }) => name)).toEqual(['g', 'f']);
});

it.each([
  [{ type: 'function' }, '"tools.0.function" is missing.', 'tools.0.function'],
  [{ type: 'function', function: null }, '"tools.0.function" is missing.', 'tools.0.function'],
  [{ type: 'custom' }, 'Tool 0 is of type "custom".', 'tools.0.type'],
])('says what is wrong with a tool that is not a function: %j', (tool, message, param) => {
  expect(() => requestedTools({ tools: [tool] })).toThrow(expect.objectContaining({ message, param }) as Error);
});
