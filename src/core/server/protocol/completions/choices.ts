import { ChatstreamError } from '../../../base/errors.js';
import { leastLogprob } from '../../../engine/token-logprob.js';
import type { InferenceRequest } from '../../../inference/request.js';
import type { GeneratedChoice } from '../answer-encoder.js';
import { logprobsOf } from '../wire-logprobs.js';

/**
 * The requests for the choices of one answer: those of a prompt follow each other. Each is a request of its own, with an
 * id and a seed of its own; the first has those of its prompt.
 *
 * @param perPrompt number of choices of each prompt, 1 or more
 */
export function choicesOf(prompts: readonly InferenceRequest[], perPrompt: number): readonly InferenceRequest[] {
  if (prompts.length * perPrompt === 1) return prompts;
  const copies = prompts.flatMap((prompt) =>
    Array.from({ length: perPrompt }, (_, copy) =>
      copy === 0 ? prompt : { ...prompt, sampling: drawn(prompt, copy) },
    ),
  );
  return copies.map((request, index) => (index === 0 ? request : { ...request, id: `${request.id}-${index}` }));
}

function drawn({ sampling }: InferenceRequest, copy: number): InferenceRequest['sampling'] {
  return { ...sampling, seed: (sampling.seed + copy) >>> 0 };
}

/**
 * The choices with the highest mean log probability per token, the best first, for each prompt. One without tokens comes
 * last.
 *
 * @param perPrompt number of generated choices of each prompt, which follow each other
 * @param kept how many of them are wanted, at most that many
 */
export function bestChoices(
  generated: readonly GeneratedChoice[],
  perPrompt: number,
  kept: number,
): readonly GeneratedChoice[] {
  if (kept === perPrompt) return generated;
  const prompts = Array.from({ length: generated.length / perPrompt }, (_, prompt) =>
    generated.slice(prompt * perPrompt, (prompt + 1) * perPrompt),
  );
  return prompts.flatMap((choices) =>
    choices
      .map((choice) => ({ choice, likelihood: meanLogprob(choice) }))
      .sort((a, b) => b.likelihood - a.likelihood)
      .slice(0, kept)
      .map(({ choice }) => choice),
  );
}

function meanLogprob({ parts, timings }: GeneratedChoice): number {
  // Where the prompt is rated, the token that ends the text is listed too, but is no output.
  const tokens = logprobsOf(parts).slice(0, timings.outputTokens);
  return tokens.length === 0 ? leastLogprob : tokens.reduce((sum, { logprob }) => sum + logprob, 0) / tokens.length;
}

/** The limits of what the server can hold at once. */
export interface Places {
  /** Generations that run. */
  readonly maxConcurrency: number;
  /** Those that wait. */
  readonly maxQueue: number;
}

/**
 * Refuses requests that could never be answered, however often a client tries again. Where nothing can run at the moment,
 * it is not known what can later.
 *
 * @throws ChatstreamError `invalid_request`
 */
export function refuseTooMany(
  prompts: number,
  { perPrompt, param }: { readonly perPrompt: number; readonly param: 'n' | 'best_of' },
  { maxConcurrency, maxQueue }: Places,
): void {
  if (maxConcurrency === 0) return;
  if (perPrompt > maxConcurrency) {
    throw new ChatstreamError(
      'invalid_request',
      `"${param}" can be at most ${maxConcurrency}, the number of generations that run at once.`,
      { param, hint: 'Send several requests, or start the server with a higher --max-concurrency.' },
    );
  }
  const places = maxConcurrency + maxQueue;
  if (prompts * perPrompt <= places) return;
  throw new ChatstreamError(
    'invalid_request',
    `"prompt" asks for ${prompts * perPrompt} generations, but at most ${places} can run and wait.`,
    { param: 'prompt', hint: 'Send fewer prompts at once, or start the server with a higher --max-queue.' },
  );
}
