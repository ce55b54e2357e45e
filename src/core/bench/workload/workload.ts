import { mixSeeds, seededRandom } from '../../base/random.js';
import { type ConversationShape, hasTurns, singleRequests } from '../../measurement/workload/conversation-shape.js';
import { drawLength, type Lengths, meanOf } from '../../measurement/workload/lengths.js';
import { thinkTimesOf, turnsOf } from './conversation-draws.js';
import { type TraceSpec, traceWorkload } from './trace-workload.js';
import type { ChatMessage, Turn, Workload } from './turn.js';
import { drawWords, sharedPrefix, type TokenScale, wordsFor } from './words.js';

export type { ChatMessage, Turn, Workload };

/** A workload as plain data, from which it can be created in another thread. */
export type WorkloadSpec = SyntheticSpec | PromptsSpec | TraceSpec;

export interface SyntheticSpec {
  readonly type: 'synthetic';
  readonly seed: number;
  /**
   * Changes only the random words, so that prompts of an earlier bench are not in the server's prefix cache; 0: the
   * words of the seed.
   */
  readonly salt: number;
  readonly inputTokens: Lengths;
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
  /** {@link singleRequests} if it is absent. */
  readonly shape?: ConversationShape;
}

/** The messages of each request of a chat, one request for each turn. */
export type Conversation = readonly (readonly ChatMessage[])[];

/** What an entry of a file says about its requests, besides their messages. */
export interface EntryWishes {
  /** The planned length of its answers; null: that of the plan. */
  readonly outputTokens: number | null;
  /** Such as tools; null: none. */
  readonly parameters: Readonly<Record<string, unknown>> | null;
}

interface PromptsSpec {
  readonly type: 'prompts';
  readonly seed: number;
  /** Changes the words of the shared prefix and the order of the conversations, as in {@link SyntheticSpec}. */
  readonly salt: number;
  readonly conversations: readonly Conversation[];
  /** What entries say about their requests, in the same order; absent: nothing. */
  readonly wishes?: readonly EntryWishes[];
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
  /** {@link singleRequests} if it is absent. */
  readonly shape?: ConversationShape;
}

/** How many turns a conversation has on average. */
export function meanTurns(spec: WorkloadSpec): number {
  switch (spec.type) {
    case 'synthetic':
      return Math.max(1, meanOf((spec.shape ?? singleRequests).turns));
    case 'prompts':
      return spec.conversations.reduce((sum, { length }) => sum + length, 0) / spec.conversations.length;
    case 'trace':
      return 1;
  }
}

export function createWorkload(spec: WorkloadSpec): Workload {
  switch (spec.type) {
    case 'synthetic':
      return syntheticWorkload(spec);
    case 'prompts':
      return promptsWorkload(spec);
    case 'trace':
      return traceWorkload(spec);
  }
}

/** Chats of messages of random words, with the planned lengths. */
function syntheticWorkload(spec: SyntheticSpec): Workload {
  const { seed, salt, inputTokens, outputTokens, sharedPrefixTokens, scale, shape = singleRequests } = spec;
  const isChat = hasTurns(shape);
  const prefix = sharedPrefix(seed ^ salt, sharedPrefixTokens, scale);
  return {
    turnCount: (_, index) => (isChat ? turnsOf(shape, seed, index) : 1),
    conversation(run, index) {
      const lengths = seededRandom(mixSeeds(seed, index));
      const input = drawLength(inputTokens, lengths);
      const output = drawLength(outputTokens, lengths);
      const wordCount = wordsFor(input - sharedPrefixTokens, scale);
      const own = drawWords(wordCount, seededRandom(mixSeeds(seed ^ salt, index, run)));
      const first = { messages: [{ role: 'user', content: prefix + own }], outputTokens: output };
      const thinkMs = thinkTimesOf(shape, seed, index);
      if (!isChat) return [withThinking(first, thinkMs())];
      const turns: Turn[] = [withThinking({ ...first, number: 1, live: true }, thinkMs())];
      for (let number = 2; number <= turnsOf(shape, seed, index); number += 1) {
        const count = wordsFor(drawLength(inputTokens, lengths), scale);
        const content = drawWords(count, seededRandom(mixSeeds(seed ^ salt, index, run, number)));
        const turn = { messages: [{ role: 'user', content }], outputTokens: drawLength(outputTokens, lengths) };
        turns.push(withThinking({ ...turn, number, live: true }, thinkMs()));
      }
      return turns;
    },
  };
}

function withThinking(turn: Turn, thinkMs: number): Turn {
  return thinkMs > 0 ? { ...turn, thinkMs } : turn;
}

/**
 * Conversations from a file, shuffled for each run and bench, so that a server's prefix cache helps all runs equally.
 * When all have been used, they start over.
 */
function promptsWorkload(spec: PromptsSpec): Workload {
  const { seed, salt, conversations, outputTokens, sharedPrefixTokens, scale, shape = singleRequests } = spec;
  const haveTurns = conversations.some(({ length }) => length > 1);
  const prefix = sharedPrefix(seed ^ salt, sharedPrefixTokens, scale);
  const orders = new Map<number, readonly number[]>();
  return {
    conversation(run, index) {
      let order = orders.get(run);
      if (order === undefined) {
        order = shuffled(conversations.length, mixSeeds(seed ^ salt, run));
        orders.set(run, order);
      }
      const entry = order[index % order.length] ?? 0;
      const turns = conversations[entry] ?? [];
      const wishes = spec.wishes?.[entry];
      const random = seededRandom(mixSeeds(seed, index));
      const thinkMs = thinkTimesOf(shape, seed, index);
      return turns.map((messages, turn) => {
        // Later turns of a live conversation do not contain its beginning.
        const isBeginning = !shape.live || turn === 0;
        const request: Turn = {
          messages: prefix === '' || !isBeginning ? messages : withPrefix(messages, prefix),
          outputTokens: wishes?.outputTokens ?? drawLength(outputTokens, random),
          ...(wishes?.parameters == null ? {} : { parameters: wishes.parameters }),
          ...(haveTurns ? { number: turn + 1 } : {}),
          ...(shape.live ? { live: true } : {}),
        };
        return withThinking(request, thinkMs());
      });
    },
  };
}

function withPrefix([first, ...rest]: readonly ChatMessage[], prefix: string): readonly ChatMessage[] {
  if (first === undefined) return [];
  const { content } = first;
  const prefixed =
    typeof content === 'string' ? prefix + content : [{ type: 'text', text: prefix }, ...(content ?? [])];
  return [{ ...first, content: prefixed }, ...rest];
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
