import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timings } from '../../../../../src/core/inference/request.js';
import {
  numbered,
  readChoices,
  writeEnded,
} from '../../../../../src/core/server/protocol/completions/choices-progress.js';

const count = fc.nat(1000);
const counts = fc.record({ promptTokens: count, cachedTokens: count, reasoningTokens: count });
const choice = fc.record({ tokens: fc.array(count, { maxLength: 5 }), ended: fc.option(counts) });
const times = { queueMs: 0, prefillMs: 0, decodeMs: 0, outputTokens: 0 };

describe('the progress of several choices', () => {
  it('is read as it was written, in whichever order the choices come', () => {
    const choices = fc.array(choice, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(choices, fc.infiniteStream(fc.nat()), (written, draws) => {
        fc.pre(written.some(({ ended }) => ended === null));
        const left = written.map(({ tokens }) => [...tokens]);
        const tokens: number[] = [];
        for (const draw of draws) {
          if (left.every((list) => list.length === 0)) break;
          const index = draw % left.length;
          tokens.push(...numbered(index, left[index]?.splice(0, 1) ?? []));
        }
        const ended = new Map<number, Timings>();
        for (const [index, each] of written.entries()) if (each.ended) ended.set(index, { ...times, ...each.ended });
        const state = writeEnded(ended);
        expect(readChoices({ answer: '', tokens, state }, written.length)).toEqual(
          written.map((each) =>
            each.ended === null
              ? { status: 'open', tokens: each.tokens }
              : { status: 'ended', timings: { ...times, ...each.ended, foreignTokens: each.tokens.length } },
          ),
        );
      }),
    );
  });

  it.each<[string, readonly number[], string | null, string]>([
    ['a choice that is not asked for', [2, 7], null, 'resume.tokens'],
    ['a choice without a token', [0, 7, 1], null, 'resume.tokens'],
    ['a state that is no JSON', [0, 7], '{', 'resume.state'],
    ['a state without counts', [0, 7], '[[0]]', 'resume.state'],
    ['an answer that has ended', [0, 7], '[[0,1,0,0],[1,1,0,0]]', 'resume.state'],
  ])('is refused with %s', (_what, tokens, state, param) => {
    expect(() => readChoices({ answer: '', tokens: [...tokens], state }, 2)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });
});
