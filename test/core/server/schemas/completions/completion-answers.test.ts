import type OpenAI from 'openai';
import type { Static } from 'typebox';
import { expect, it } from 'vitest';
import type {
  chatCompletion,
  chatCompletionChunk,
  completion,
} from '../../../../../src/core/server/schemas/completions/completion-answers.js';

/** The value repeats what the client sent; it is not narrowed. */
type Chat<T> = Omit<T, 'service_tier'>;

/** The published type has no null for the first token of an echoed prompt, although the API sends it. */
type Text<T extends { readonly choices: readonly unknown[] }> = Omit<T, 'service_tier' | 'choices'> & {
  readonly choices: readonly Omit<T['choices'][number], 'logprobs'>[];
};

/** The compiler is what checks here. That real answers fit our types is checked in `responses.test.ts`. */
it('describe answers and chunks as the official client does', () => {
  const chat = (ours: Chat<Static<typeof chatCompletion>>): Chat<OpenAI.ChatCompletion> => ours;
  const chunk = (ours: Chat<Static<typeof chatCompletionChunk>>): Chat<OpenAI.ChatCompletionChunk> => ours;
  const text = (ours: Text<Static<typeof completion>>): Text<OpenAI.Completion> => ours;
  expect([chat, chunk, text]).toHaveLength(3);
});
