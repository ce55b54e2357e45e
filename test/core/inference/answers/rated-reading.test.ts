import { describe, expect, it } from 'vitest';
import { hermes } from '../../../../src/core/engine/dialects/families/json/hermes.js';
import { AnswerReader } from '../../../../src/core/engine/dialects/reading/answer-reader.js';
import type { OutputLogprob } from '../../../../src/core/engine/token-logprob.js';
import { type AnswerReading, plainReading } from '../../../../src/core/inference/answers/answer-reading.js';
import { RatedReading } from '../../../../src/core/inference/answers/rated-reading.js';

const dialect = { thoughts: { name: '<think>', begin: '<think>', end: '</think>' }, calls: hermes };
const tools = [{ name: 'now', isStrict: true }];

function token(written: string): OutputLogprob {
  return { text: written, bytes: [...Buffer.from(written)], logprob: -1, top: [], written };
}

/** The tokens of the content, where each text is certain at once. */
function contentTokens(inner: AnswerReading, written: readonly string[], rest = ''): readonly string[] {
  const reading = new RatedReading(inner);
  const parts = [...written.flatMap((text) => reading.push(text, token(text))), ...reading.end(rest, false)];
  return parts.flatMap((part) => (part.type === 'content' ? (part.logprobs ?? []).map(({ text }) => text) : []));
}

function reader(): AnswerReader {
  return new AnswerReader(dialect, { tools, isThinking: false });
}

describe('the tokens of a content', () => {
  it.each([
    ['a thought', ['<think>', 'Hm', '.', '</', 'think', '>', '\n\n', 'Hel', 'lo', '.'], ['Hel', 'lo', '.']],
    [
      'a call',
      ['Hi', ' ', 'you', '\n', '<tool', '_call>', '\n{"name": "now", ', '"arguments": {}}\n</tool_call>'],
      ['Hi', ' ', 'you'],
    ],
    ['text that might have been a mark', ['a ', '<tool', '_box>', ' b'], ['a ', '<tool', '_box>', ' b']],
    ['a token that is partly thought', ['<think>', 'Hm', '</think>Yes', '.'], ['</think>Yes', '.']],
  ])('are without those of %s', (_, written, expected) => {
    expect(contentTokens(reader(), written)).toEqual(expected);
  });

  it('include those of characters that come in several tokens, also of one that stays unfinished', () => {
    expect(contentTokens(plainReading, ['a', '', '', '日', ''], '\uFFFD')).toEqual(['a', '', '', '日', '']);
  });

  it.each([
    ['a text', plainReading, ['a', 'b', '', ''], ['a', 'b', '', '']],
    ['nothing', plainReading, ['', ''], ['', '']],
    ['a thought', reader(), ['<think>', 'Hm', '</think>', 'a', ''], ['a', '']],
    ['white space', reader(), ['a', '\n', ''], ['a', '\n', '']],
  ])('include special tokens at the end, after %s', (_, inner, written, expected) => {
    expect(contentTokens(inner, written)).toEqual(expected);
  });

  it.each([
    ['a thought', ['<think>', 'Hm', '']],
    ['a call', ['<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>', '']],
  ])('are without special tokens at the end of %s', (_, written) => {
    expect(contentTokens(reader(), written)).toEqual([]);
  });
});
