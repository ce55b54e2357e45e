import { mixSeeds, seededRandom } from '../../base/random.js';
import { drawLength, type Lengths } from '../../measurement/lengths.js';
import { drawWords, sharedPrefix, type TokenScale, wordsFor } from './words.js';

/** One message of a chat, as OpenAI's API takes it. */
export interface ChatMessage {
  readonly role: string;
  /** Text, or parts of the message such as `{"type":"text","text":"…"}`. */
  readonly content: string | readonly object[];
}

/** One request of a conversation. */
export interface Turn {
  readonly messages: readonly ChatMessage[];
  readonly outputTokens: number;
  /** Its client gives it up so long after sending it; absent: it waits for the answer. */
  readonly leavesAfterMs?: number;
}

/**
 * An endless, repeatable supply of conversations. The same seed gives the same conversations in every thread, in whatever
 * order they are asked for.
 */
export interface Workload {
  /**
   * @param run which run of the bench it is for, from 0. Runs have the same lengths but different words, so that the
   *   server's prefix cache never holds the prompts of an earlier run
   * @param index which conversation, from 0
   * @returns its turns, at least one, to be sent one after the other
   */
  conversation(run: number, index: number): readonly Turn[];
  /** How many turns a conversation has, where that is known without making it. */
  turnCount?(run: number, index: number): number;
}

/** A workload as plain data, from which it can be made in another thread. */
export type WorkloadSpec = SyntheticSpec | PromptsSpec;

export interface SyntheticSpec {
  readonly type: 'synthetic';
  readonly seed: number;
  /**
   * Changes the random words and nothing else, so that prompts of an earlier bench are not in the server's prefix cache;
   * 0: the words of the seed.
   */
  readonly salt: number;
  readonly inputTokens: Lengths;
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
}

/** The messages of each request of a chat, one request for each turn. */
export type Conversation = readonly (readonly ChatMessage[])[];

interface PromptsSpec {
  readonly type: 'prompts';
  readonly seed: number;
  /** Changes the words of the shared prefix, as in {@link SyntheticSpec}. */
  readonly salt: number;
  readonly conversations: readonly Conversation[];
  readonly outputTokens: Lengths;
  readonly sharedPrefixTokens: number;
  readonly scale: TokenScale;
}

export function createWorkload(spec: WorkloadSpec): Workload {
  switch (spec.type) {
    case 'synthetic':
      return syntheticWorkload(spec);
    case 'prompts':
      return promptsWorkload(spec);
  }
}

/** Chats of one message of random words, with the planned lengths. */
function syntheticWorkload(spec: SyntheticSpec): Workload {
  const { seed, salt, inputTokens, outputTokens, sharedPrefixTokens, scale } = spec;
  const prefix = sharedPrefix(seed ^ salt, sharedPrefixTokens, scale);
  return {
    turnCount: () => 1,
    conversation(run, index) {
      const lengths = seededRandom(mixSeeds(seed, index));
      const input = drawLength(inputTokens, lengths);
      const output = drawLength(outputTokens, lengths);
      const wordCount = wordsFor(input - sharedPrefixTokens, scale);
      const own = drawWords(wordCount, seededRandom(mixSeeds(seed ^ salt, index, run)));
      return [{ messages: [{ role: 'user', content: prefix + own }], outputTokens: output }];
    },
  };
}

/**
 * Conversations from a file, shuffled for each run, so that a server's prefix cache helps all runs alike. When all have
 * been used, they start over.
 */
function promptsWorkload(spec: PromptsSpec): Workload {
  const { seed, salt, conversations, outputTokens, sharedPrefixTokens, scale } = spec;
  const prefix = sharedPrefix(seed ^ salt, sharedPrefixTokens, scale);
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
  if (first === undefined) return [];
  const { content } = first;
  const prefixed = typeof content === 'string' ? prefix + content : [{ type: 'text', text: prefix }, ...content];
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

/** The parameters of a request, besides its messages, that the bench sets itself. */
export const ownParameters = ['model', 'max_tokens', 'temperature', 'stream', 'stream_options', 'ignore_eos'] as const;

/** What all requests of a bench have in common. */
export interface BodyOptions {
  readonly model: string;
  /** Whether the server knows `ignore_eos`; without it answers may be shorter than planned. */
  readonly ignoreEos: boolean;
  /** Whether to ask for the usage with every chunk, and not only at the end. */
  readonly runningUsage?: boolean;
  /** Names of {@link ownParameters} that are not sent. */
  readonly omitted: readonly string[];
  /** Overrides everything else; null leaves a parameter out. */
  readonly extraBody: Readonly<Record<string, unknown>> | null;
}

/** The JSON of one streaming request. Temperature 0, so that the same prompt costs the same each time. */
export function requestBody(
  { messages, outputTokens }: Turn,
  { model, ignoreEos, runningUsage = false, omitted, extraBody }: BodyOptions,
): string {
  // JSON leaves out what is undefined.
  const withoutOmitted = omitted.map((name) => [name, undefined] as const);
  const extra = Object.entries(extraBody ?? {}).map(([name, value]) => [name, value ?? undefined] as const);
  return JSON.stringify({
    model,
    messages,
    max_tokens: outputTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true, ...(runningUsage ? { continuous_usage_stats: true } : {}) },
    ...(ignoreEos ? { ignore_eos: true } : {}),
    ...Object.fromEntries([...withoutOmitted, ...extra]),
  });
}
