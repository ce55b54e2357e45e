/** One message of a chat, as OpenAI's API takes it. */
export interface ChatMessage {
  readonly role: string;
  /** Text, or parts of the message such as `{"type":"text","text":"…"}`; null if it only calls tools. */
  readonly content: string | readonly object[] | null;
}

/** One request of a conversation. */
export interface Turn {
  readonly messages: readonly ChatMessage[];
  readonly outputTokens: number;
  /** Further parameters of the request, such as its tools. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Which message of the user in its conversation it is, from 1; absent if requests stand alone. */
  readonly number?: number;
  /** How long the client waits after the last answer before it sends this, in milliseconds; absent: not at all. */
  readonly thinkMs?: number;
  /** The messages are only those since the last answer: what was said until then, by the server too, comes before. */
  readonly live?: boolean;
  /** Whose it is, by number; absent without tenants. */
  readonly tenant?: number;
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
