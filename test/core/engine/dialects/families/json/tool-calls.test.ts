import { describe, expect, it } from 'vitest';
import { toolCallsLines, toolCallsList } from '../../../../../../src/core/engine/dialects/families/json/tool-calls.js';
import { read } from '../../harness.js';
import { oslo, osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

const first = `{"name": "get_weather", "arguments": ${osloText}}`;
const second = `{"name": "add", "arguments": ${sumText}}`;
const none = '{"name": "now", "arguments": {}}';
const unknown = '{"name": "unknown", "arguments": {}}';
const wrong = '{"name": "add", "arguments": {"a": 1}}';

describe('calls of Apriel and Hunyuan', () => {
  readsAndAllows({
    syntax: toolCallsList,
    one: `<tool_calls>[${first}]</tool_calls>`,
    two: `<tool_calls>[${first}, ${second}]</tool_calls>`,
    none: `<tool_calls>\n[\n    ${none}\n]\n</tool_calls>`,
    content: ['<tool_calls> begins calls.', '<tool_calls>[', `<tool_calls>[${unknown}]</tool_calls>`, '</tool_calls>'],
    refused: [
      `<tool_calls>[${unknown}]</tool_calls>`,
      `<tool_calls>[${wrong}]</tool_calls>`,
      `<tool_calls>${first}</tool_calls>`,
      `<tool_calls>[${first}]</tool_calls> and more`,
    ],
  });
});

describe('calls of MiniMax M1', () => {
  readsAndAllows({
    syntax: toolCallsLines,
    one: `<tool_calls>\n${first}\n</tool_calls>`,
    two: `<tool_calls>\n${first}\n${second}\n</tool_calls>`,
    none: `<tool_calls>\n${none}\n</tool_calls>`,
    content: ['<tool_calls> begins calls.', '<tool_calls>\n{', `<tool_calls>\n${unknown}\n</tool_calls>`],
    refused: [
      `<tool_calls>\n${unknown}\n</tool_calls>`,
      `<tool_calls>\n${wrong}\n</tool_calls>`,
      `<tool_calls>\n[${first}]\n</tool_calls>`,
      `<tool_calls>\n${first}\n</tool_calls> and more`,
    ],
  });

  it('reads calls until one is none', () => {
    const text = `<tool_calls>\n${first}\n${second}\n${unknown}\n</tool_calls>`;
    const content = `${unknown}\n</tool_calls>`;
    expect(read({ thoughts: null, calls: toolCallsLines }, text)).toEqual({
      content,
      reasoning: '',
      calls: [oslo, sum],
    });
  });
});
