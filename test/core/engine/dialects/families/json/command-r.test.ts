import { describe } from 'vitest';
import { commandR7b, commandRPlus } from '../../../../../../src/core/engine/dialects/families/json/command-r.js';
import { osloText, readsAndAllows, sumText } from '../../syntax-examples.js';

describe('calls of Command R7B', () => {
  const list = (...calls: readonly string[]) => `<|START_ACTION|>[\n    ${calls.join(',\n    ')}\n]<|END_ACTION|>`;
  const call = (id: string, name: string, json: string) =>
    `{"tool_call_id": "${id}", "tool_name": "${name}", "parameters": ${json}}`;
  readsAndAllows({
    syntax: commandR7b,
    one: list(call('0', 'get_weather', osloText)),
    two: list(call('0', 'get_weather', osloText), call('1', 'add', sumText)),
    none: list(call('12', 'now', '{}')),
    content: [
      '<|START_ACTION|> begins calls.',
      '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "ad',
      list(call('0', 'unknown', '{}')),
    ],
    refused: [
      list(call('0', 'unknown', '{}')),
      list(call('0', 'add', '{"a": 1}')),
      list(`{"tool_name": "now", "parameters": {}}`),
      `${list(call('0', 'now', '{}'))} and more`,
    ],
  });
});

describe('calls of Command R+', () => {
  const call = (name: string, json: string) =>
    `    {\n        "tool_name": "${name}",\n        "parameters": ${json}\n    }`;
  const list = (...calls: readonly string[]) => `Action:\n\`\`\`json\n[\n${calls.join(',\n')}\n]\`\`\``;
  readsAndAllows({
    syntax: commandRPlus,
    one: list(call('get_weather', osloText)),
    two: list(call('get_weather', osloText), call('add', sumText)),
    none: `Action: \`\`\`json\n[\n${call('now', '{}')}\n]\n\`\`\``,
    content: [
      'Action: none. Action:\n```json\n',
      'Action:\n```json\n[1, 2]\n```',
      list(call('directly-answer', '{}')),
      '```json\n[{"tool_name": "now"}]\n```',
    ],
    refused: [list(call('unknown', '{}')), list(call('add', '{"a": 1}')), `${list(call('now', '{}'))} and more`],
  });
});
