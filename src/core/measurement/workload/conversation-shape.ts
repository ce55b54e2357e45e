import type { Lengths } from './lengths.js';
import { noThinkTime, type ThinkTime } from './think-time.js';

/** How chats continue after their first message. */
export interface ConversationShape {
  /** Messages of the user in a synthetic conversation; conversations of a file have their own number. */
  readonly turns: Lengths;
  /** How long a client waits before it sends its next message. */
  readonly thinkTime: ThinkTime;
  /** Each turn carries the server's own answers; otherwise those of the file. Synthetic conversations always do. */
  readonly live: boolean;
}

/** Every request stands alone. */
export const singleRequests: ConversationShape = {
  turns: { type: 'fixed', tokens: 1 },
  thinkTime: noThinkTime,
  live: false,
};

/** Whether synthetic conversations have more than one message of the user. */
export function hasTurns({ turns }: ConversationShape): boolean {
  return turns.type !== 'fixed' || turns.tokens > 1;
}

/** Whether a turn waits for the answer to the one before it, in an open loop too. */
export function isSequential(shape: ConversationShape): boolean {
  return hasTurns(shape) || shape.live || shape.thinkTime.type !== 'fixed' || shape.thinkTime.ms > 0;
}
