import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addParts, type AnswerPart } from '../../../../src/core/engine/dialects/answer.js';
import type { GenerationEvent, GenerationSpec } from '../../../../src/core/engine/engine.js';
import { MockGeneration } from '../../../../src/core/engine/mock/generation.js';
import { replyTo } from '../../../../src/core/engine/mock/reply.js';
import { tokenize } from '../../../../src/core/engine/mock/vocabulary.js';
import type { OutputLogprob } from '../../../../src/core/engine/token-logprob.js';
import { plainReading } from '../../../../src/core/inference/answers/answer-reading.js';
import { RatedReading } from '../../../../src/core/inference/answers/rated-reading.js';
import { greedy } from '../../../support/sampling.js';

type Step = Extract<GenerationEvent, { type: 'token' | 'ended' }>;

function specOf(text: string, stop: readonly string[], maxTokens: number): GenerationSpec {
  return {
    ...{ id: 'a', prompt: tokenize(text), maxTokens, sampling: greedy, stop, stopTokens: [], minTokens: 0 },
    ...{ ignoreEos: false, format: { type: 'text' }, marks: [], thoughtLimit: null, resumeAfter: [], logprobs: 3 },
  };
}

/** The steps of the mock engine, which dies after some of them, and another one goes on. */
function stepsOf(spec: GenerationSpec, dyingAfter: number): readonly Step[] {
  const steps: Step[] = [];
  let generation = new MockGeneration(spec, replyTo(spec, 'echo'), 0, 4096);
  for (;;) {
    if (steps.length === dyingAfter) {
      const resumeAfter = steps.flatMap(({ token }) => (token === null ? [] : [token]));
      generation = new MockGeneration({ ...spec, resumeAfter }, replyTo(spec, 'echo'), 0, 4096);
    }
    const step = generation.next();
    if (step.type !== 'token' && step.type !== 'ended') throw new Error(`the mock reported ${step.type}`);
    steps.push(step);
    if (step.type === 'ended') return steps;
  }
}

/** @param held how many parts a slow reader leaves waiting before they are written together */
function answerOf(steps: readonly Step[], held: number): readonly AnswerPart[] {
  const reading = new RatedReading(plainReading);
  const written: AnswerPart[] = [];
  let waiting: AnswerPart[] = [];
  for (const step of steps) {
    const { text, logprob } = step;
    addParts(waiting, step.type === 'ended' ? reading.end(text, false, logprob) : reading.push(text, logprob));
    if (waiting.length < held) continue;
    written.push(...waiting);
    waiting = [];
  }
  return [...written, ...waiting];
}

function contentOf(parts: readonly AnswerPart[]): { readonly text: string; readonly tokens: readonly OutputLogprob[] } {
  const content = parts.flatMap((part) => (part.type === 'content' ? [part] : []));
  return {
    text: content.map(({ text }) => text).join(''),
    tokens: content.flatMap(({ logprobs }) => logprobs ?? []),
  };
}

const words = fc
  .array(fc.stringMatching(/^[ab<]{1,3}$/), { minLength: 1, maxLength: 12 })
  .map((list) => list.join(' '));
const stops = fc.array(fc.stringMatching(/^[ab< ]{1,4}$/), { maxLength: 2 });

describe('the tokens of a content', () => {
  it('are those whose text is in it, each once, wherever text was held back and whatever died', () => {
    fc.assert(
      fc.property(
        words,
        stops,
        fc.nat(12),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 14 }),
        (...drawn) => {
          const [text, stop, dyingAfter, held, maxTokens] = drawn;
          const steps = stepsOf(specOf(text, stop, maxTokens), dyingAfter);
          const content = contentOf(answerOf(steps, held));
          let begin = 0;
          const expected = steps.flatMap(({ logprob }) => {
            const isIn = begin < content.text.length;
            begin += logprob?.written.length ?? 0;
            return logprob !== undefined && isIn ? [logprob] : [];
          });
          expect(content.text).toBe(steps.map((step) => step.text).join(''));
          expect(content.tokens).toEqual(expected);
        },
      ),
    );
  });

  it('are all there after any token that holds none back, if another server goes on', () => {
    fc.assert(
      fc.property(words, stops, fc.integer({ min: 1, max: 14 }), (text, stop, maxTokens) => {
        const steps = stepsOf(specOf(text, stop, maxTokens), Infinity);
        const whole = contentOf(answerOf(steps, 1));
        const first = new RatedReading(plainReading);
        const given: AnswerPart[] = [];
        for (const [index, step] of steps.entries()) {
          if (step.type === 'ended') break;
          given.push(...first.push(step.text, step.logprob));
          if (first.holdsRatings) continue;
          const content = contentOf([...given, ...rest(steps, index + 1)]);
          expect(content).toEqual(whole);
        }
      }),
    );
  });
});

/** What another server makes of the steps from this one on, to which only the texts of those before are known. */
function rest(steps: readonly Step[], from: number): readonly AnswerPart[] {
  const reading = new RatedReading(plainReading);
  for (const { text, logprob } of steps.slice(0, from)) {
    const written = logprob?.written ?? '';
    reading.push(text, { ...{ text: '', bytes: null, logprob: 0, top: [] }, written });
  }
  return steps
    .slice(from)
    .flatMap(({ type, text, logprob }) =>
      type === 'ended' ? reading.end(text, false, logprob) : reading.push(text, logprob),
    );
}
