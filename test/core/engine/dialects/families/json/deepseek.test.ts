import { describe, expect, it } from 'vitest';
import { deepseekR1, deepseekV31 } from '../../../../../../src/core/engine/dialects/families/json/deepseek.js';
import { accepts, read } from '../../harness.js';
import { oslo, osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

const begin = '<｜tool▁calls▁begin｜>';
const end = '<｜tool▁calls▁end｜>';

describe('calls of DeepSeek R1', () => {
  const dialect = { thoughts: null, calls: deepseekR1 };
  const call = (name: string, json: string) =>
    `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${name}\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>`;
  readsAndAllows({
    syntax: deepseekR1,
    one: `${begin}${call('get_weather', osloText)}${end}`,
    two: `${begin}${call('get_weather', osloText)}\n${call('add', sumText)}${end}`,
    none: `${begin}${call('now', '{}')}${end}`,
    content: [
      `${begin} begins calls.`,
      `${begin}<｜tool▁call▁begin｜>`,
      `${begin}<｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n{"a": 1}`,
      `${begin}${call('unknown', '{}')}${end}`,
      '<｜tool▁call',
    ],
    refused: [
      `${begin}${call('unknown', '{}')}${end}`,
      `${begin}${call('add', '{"a": 1}')}${end}`,
      `${begin}${call('now', '{}')}`,
      `${begin}${call('now', '{}')}${end} and more`,
    ],
  });

  it.each(['<｜tool_calls_begin｜>', '<｜tool calls begin｜>', '<｜tool\\_calls\\_begin｜>', '<｜tool▁calls｜>', ''])(
    'reads and allows calls after %j, as the distilled models write it',
    (misspelled) => {
      const text = `I will add. ${misspelled}${call('add', sumText)}${end}`;
      expect(read(dialect, text)).toEqual({ content: 'I will add.', reasoning: '', calls: [sum] });
      expect(accepts(deepseekR1, text)).toBe(true);
    },
  );

  it('reads calls without marks at the end', () => {
    expect(read(dialect, `${begin}${call('add', sumText).replace('<｜tool▁call▁end｜>', '')}`).calls).toEqual([sum]);
    expect(read(dialect, call('get_weather', osloText)).calls).toEqual([oslo]);
  });
});

describe('calls of DeepSeek V3.1', () => {
  const call = (name: string, json: string) => `<｜tool▁call▁begin｜>${name}<｜tool▁sep｜>${json}<｜tool▁call▁end｜>`;
  readsAndAllows({
    syntax: deepseekV31,
    one: `${begin}${call('get_weather', osloText)}${end}`,
    two: `${begin}${call('get_weather', osloText)}${call('add', sumText)}${end}`,
    none: `${begin}${call('now', '{}')}${end}`,
    content: [
      `${begin} begins calls.`,
      `${begin}<｜tool▁call▁begin｜>add<｜tool▁sep｜>`,
      `${begin}<｜tool▁call▁begin｜>function<｜tool▁sep｜>add`,
      `${begin}${call('unknown', '{}')}${end}`,
    ],
    refused: [
      `${begin}${call('unknown', '{}')}${end}`,
      `${begin}${call('add', '{"a": 1}')}${end}`,
      `${begin}${call('now', '{}')}${end} and more`,
    ],
  });
});
