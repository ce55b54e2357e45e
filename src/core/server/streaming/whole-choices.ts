import type { ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener } from '../../inference/request.js';
import type { ChoicesEncoder, GeneratedChoice } from '../protocol/answer-encoder.js';

export interface WholeChoicesOptions {
  readonly encoder: ChoicesEncoder;
  /** Number of generations. */
  readonly count: number;
  /** Called when all of them have ended. */
  readonly onEnd: (body: object) => void;
  /** Called when one of them has failed: the others are of no use any more. */
  readonly onFailed: (error: ChatstreamError) => void;
}

/** Collects several generations that are sent as one body. @returns a listener for each of them */
export function wholeChoices({ encoder, count, onEnd, onFailed }: WholeChoicesOptions): readonly AnswerListener[] {
  const generated = Array.from({ length: count }, (): GeneratedChoice | undefined => undefined);
  return Array.from({ length: count }, (_, choice): AnswerListener => {
    const collected: AnswerPart[] = [];
    return {
      started: () => undefined,
      parts: (parts) => {
        addParts(collected, parts);
      },
      ended: (reason, parts, timings) => {
        addParts(collected, parts);
        generated[choice] = { parts: collected, reason, timings };
        const all = generated.filter((each) => each !== undefined);
        if (all.length === count) onEnd(encoder.whole(all));
      },
      failed: onFailed,
    };
  });
}
