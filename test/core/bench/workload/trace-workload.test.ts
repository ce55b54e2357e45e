import { describe, expect, it } from 'vitest';
import type { TraceSpec } from '../../../../src/core/bench/workload/trace-workload.js';
import { createWorkload } from '../../../../src/core/bench/workload/workload.js';

const row = { inputTokens: 10, outputTokens: 4, blocks: null, session: null, tokensBefore: 0 };
const spec: TraceSpec = {
  type: 'trace',
  seed: 1,
  salt: 0,
  scale: { overhead: 0, perWord: 1 },
  blockTokens: 512,
  rows: [
    { ...row, inputTokens: 1100, blocks: [7, 8, 9] },
    { ...row, inputTokens: 600, blocks: [7, 5] },
    { ...row, inputTokens: 20, session: 3 },
    { ...row, inputTokens: 5, session: 3, tokensBefore: 24 },
    { ...row, outputTokens: 77 },
  ],
};

function wordsOf(index: number, run = 0, changed: TraceSpec = spec): readonly string[] {
  const content = createWorkload(changed).conversation(run, index)[0]?.messages[0]?.content;
  return typeof content === 'string' ? content.split(' ') : [];
}

describe('prompts of a trace', () => {
  it('have as many tokens as the rows say, and answers too', () => {
    expect([0, 1, 2, 3, 4].map((index) => wordsOf(index).length)).toEqual([1100, 600, 20, 29, 10]);
    expect(createWorkload(spec).conversation(0, 4)[0]?.outputTokens).toBe(77);
  });

  it('share the blocks that have the same ids, and nothing else', () => {
    expect(wordsOf(1).slice(0, 512)).toEqual(wordsOf(0).slice(0, 512));
    expect(wordsOf(1).slice(512)).not.toEqual(wordsOf(0).slice(512, 600));
    expect(wordsOf(4)).not.toEqual(wordsOf(0).slice(0, 10));
  });

  it('of a session begin with what was said before', () => {
    expect(wordsOf(3).slice(0, 20)).toEqual(wordsOf(2));
  });

  it('are the same with the same seed, and have other words in another run or with a salt', () => {
    expect(wordsOf(0)).toEqual(wordsOf(0));
    expect(wordsOf(0, 1)).not.toEqual(wordsOf(0));
    expect(wordsOf(0, 0, { ...spec, salt: 99 })).not.toEqual(wordsOf(0));
  });
});
