import { mixSeeds, seededRandom } from '../../base/random.js';
import type { ConversationShape } from '../../measurement/workload/conversation-shape.js';
import { drawLength } from '../../measurement/workload/lengths.js';
import { drawThinkMs } from '../../measurement/workload/think-time.js';

/** Keep the random numbers for turns and pauses apart from those for lengths and words. */
const [turnsStream, thinkStream] = [0x7475726e, 0x7468696e];

/** How many turns a synthetic conversation has. */
export function turnsOf({ turns }: ConversationShape, seed: number, index: number): number {
  return drawLength(turns, seededRandom(mixSeeds(seed, index, turnsStream)));
}

/** The pauses before the turns of a conversation, one after the other, in milliseconds; 0 without think time. */
export function thinkTimesOf({ thinkTime }: ConversationShape, seed: number, index: number): () => number {
  if (thinkTime.type === 'fixed') return () => thinkTime.ms;
  const random = seededRandom(mixSeeds(seed, index, thinkStream));
  return () => drawThinkMs(thinkTime, random);
}
