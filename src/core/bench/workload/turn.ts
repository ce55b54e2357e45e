/** One message of a chat, in the form of OpenAI's API. */
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
  /** The number of the user's message in its conversation, from 1; absent if requests stand alone. */
  readonly number?: number;
  /** How long the client waits after the last answer before it sends this, in milliseconds; absent: not at all. */
  readonly thinkMs?: number;
  /** The messages are only those since the last answer: everything said before, also by the server, comes first. */
  readonly live?: boolean;
  /** Number of its tenant; absent without tenants. */
  readonly tenant?: number;
  /** Its client gives up this long after sending it; absent: it waits for the answer. */
  readonly leavesAfterMs?: number;
}

/**
 * An endless, repeatable supply of conversations. The same seed gives the same conversations in every thread, whatever
 * the order in which they are requested.
 */
export interface Workload {
  /**
   * @param run the run of the bench for which it is, from 0. Runs have the same lengths but different words, so that
   *   the server's prefix cache never holds the prompts of an earlier run
   * @param index of the conversation, from 0
   * @returns its turns, at least one, to be sent one after the other
   */
  conversation(run: number, index: number): readonly Turn[];
  /** How many turns a conversation has, where that is known without creating it. */
  turnCount?(run: number, index: number): number;
}
