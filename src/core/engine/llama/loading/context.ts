import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import type { FlashAttention } from '../../options.js';
import { contextError } from '../library/load-errors.js';
import type { RecentMessages } from '../library/recent-messages.js';
import { decodesFirst } from '../rounds/batching.js';
import { libraryModes } from './weights.js';

export interface ContextOptions {
  readonly slots: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  /** Prompt tokens that one round may prefill. */
  readonly prefillChunk: number;
  readonly threads: number;
  readonly flashAttention: FlashAttention;
  /** Called with the number of sequences in each batch. */
  readonly onBatch?: ((batchSize: number) => void) | undefined;
}

/** Allocates all slots of a model. @throws ChatstreamError `out_of_memory`, or `usage` if it cannot use flash attention */
export function createContext(
  model: LlamaModel,
  messages: RecentMessages,
  { slots, contextLength, prefillChunk, threads, flashAttention, onBatch }: ContextOptions,
): Promise<LlamaContext> {
  return messages.explaining(
    () =>
      model.createContext({
        sequences: slots,
        contextSize: contextLength,
        batchSize: prefillChunk + slots,
        threads,
        ...(flashAttention !== 'auto' && { flashAttention: libraryModes[flashAttention] }),
        batching: { dispatchSchedule: 'nextCycle', itemPrioritizationStrategy: decodesFirst(onBatch) },
        // An error with a hint is better than a smaller context than was requested.
        failedCreationRemedy: false,
      }),
    (error, logged) => contextError(error, logged, contextLength, slots),
  );
}
