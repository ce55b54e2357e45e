import type OpenAI from 'openai';
import type { Static } from 'typebox';
import { describe, expectTypeOf, it } from 'vitest';
import type {
  chatCompletion,
  chatCompletionChunk,
  completion,
  completionChunk,
} from '../../../../src/core/server/schemas/completion-answers.js';

/** The published type has no null for the first token of an echoed prompt, as the published API does. */
type Rated = 'logprobs';

type WithoutRated<T extends { readonly choices: readonly unknown[] }> = Omit<T, 'choices'> & {
  readonly choices: readonly Omit<T['choices'][number], Rated>[];
};

// `responses.test.ts` checks that real answers fit these schemas. TypeScript checks here that the schemas fit the types of
// OpenAI's client.
describe('the schemas of the completion APIs', () => {
  it('fit the published types', () => {
    expectTypeOf<Static<typeof chatCompletion>>().toExtend<OpenAI.ChatCompletion>();
    expectTypeOf<Static<typeof chatCompletionChunk>>().toExtend<OpenAI.ChatCompletionChunk>();
    expectTypeOf<WithoutRated<Static<typeof completion>>>().toExtend<WithoutRated<OpenAI.Completion>>();
  });
});
