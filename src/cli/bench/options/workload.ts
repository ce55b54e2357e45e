import {
  type ConversationShape,
  hasTurns,
  isSequential,
} from '../../../core/measurement/workload/conversation-shape.js';
import { noThinkTime } from '../../../core/measurement/workload/think-time.js';
import type { FlagOrigins } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { isOpenLoop } from './load.js';
import { refuse } from './refuse.js';

/**
 * How chats continue after their first message.
 *
 * @throws ChatstreamError `usage` for flags that would have no effect
 */
export function conversationsOf(flags: BenchFlags, { isTyped }: FlagOrigins): ConversationShape {
  const { turns } = flags;
  const thinkTime = flags['think-time'] ?? noThinkTime;
  const isSynthetic = flags.prompts === undefined;
  if (!isSynthetic && isTyped('turns')) {
    refuse('--turns is for synthetic conversations, but --prompts names a file.', 'Leave out one of the two; --live-answers sends the conversations of the file with the answers of the server.'); // prettier-ignore
  }
  const live = isSynthetic ? hasTurns({ turns, thinkTime, live: false }) : flags['live-answers'];
  const shape: ConversationShape = { turns, thinkTime, live };
  if (isOpenLoop(flags) && isTyped('think-time') && isSynthetic && !live) {
    refuse('--think-time is for clients that wait for answers, but in an open loop every request stands alone.', 'Add --turns, or leave it out.'); // prettier-ignore
  }
  if (flags['find-max'] !== undefined && flags.by === 'rate' && isSequential(shape)) {
    refuse('--find-max searches for a rate, but conversations take their own time.', 'Add --by concurrency.');
  }
  return shape;
}
