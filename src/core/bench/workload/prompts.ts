import { mixSeeds, seededRandom } from '../../base/random.js';
import { drawLength } from '../../measurement/lengths.js';
import { sharedPrefix } from './synthetic.js';
import type { ChatMessage, PromptsSpec, Workload } from './workload.js';

/**
 * Conversations from a file, shuffled anew for each run, so that a server's prefix cache helps the runs alike. When all
 * have been used they come again.
 */
export function promptsWorkload(spec: PromptsSpec): Workload {
  const { seed, conversations, outputTokens, sharedPrefixTokens, scale } = spec;
  const prefix = sharedPrefix(seed, sharedPrefixTokens, scale);
  const orders = new Map<number, readonly number[]>();
  return {
    conversation(run, index) {
      let order = orders.get(run);
      if (order === undefined) {
        order = shuffled(conversations.length, mixSeeds(seed, run));
        orders.set(run, order);
      }
      const turns = conversations[order[index % order.length] ?? 0] ?? [];
      const random = seededRandom(mixSeeds(seed, index));
      return turns.map((messages) => ({
        messages: prefix === '' ? messages : withPrefix(messages, prefix),
        outputTokens: drawLength(outputTokens, random),
      }));
    },
  };
}

function withPrefix([first, ...rest]: readonly ChatMessage[], prefix: string): readonly ChatMessage[] {
  return first === undefined ? [] : [{ ...first, content: prefix + first.content }, ...rest];
}

/** Fisher and Yates's shuffle of 0 … count − 1. */
function shuffled(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
