import type { Clock } from '../../base/clock.js';
import type { Bus } from '../../bus/bus.js';
import { type BlobSource, fetchBlob } from './blobs.js';
import { type AgentState, type BlobRef, decodeMessage, encodeMessage, shapes, type Speaker } from './messages.js';

/**
 * This many states are kept for benches that were told of them, so that a question that arrives twice is answered
 * twice.
 */
const mostKept = 8;

/** How long the bench tries to fetch a state, in milliseconds; then it asks the agent for a newer one. */
const patienceMs = 10_000;

/** The states of an agent as messages. A state that is longer than NATS accepts is kept, and fetched in pieces. */
export class StateAnswers {
  readonly #bus: Bus;
  readonly #speaker: Speaker;
  readonly #source: BlobSource;
  /** The oldest first. */
  #kept: readonly BlobRef[] = [];

  constructor(bus: Bus, speaker: Speaker, source: BlobSource) {
    this.#bus = bus;
    this.#speaker = speaker;
    this.#source = source;
  }

  encode(state: AgentState): Uint8Array {
    const message = encodeMessage(this.#speaker, state);
    return message.length <= this.#bus.maxPayloadBytes ? message : this.#keep(message);
  }

  #keep(message: Uint8Array): Uint8Array {
    const ref = this.#source.offer(Buffer.from(message).toString('utf8'));
    const others = this.#kept.filter(({ hash }) => hash !== ref.hash);
    for (const old of others.slice(0, Math.max(0, others.length + 1 - mostKept))) this.#source.forget(old);
    this.#kept = [...others, ref].slice(-mostKept);
    return encodeMessage(this.#speaker, { type: 'long', state: ref });
  }
}

/**
 * Fetches a state that was too long for a message.
 *
 * @param isWanted asked before each piece
 * @returns null if it does not arrive within 10 s, or is no longer wanted
 */
export async function fetchState(
  cluster: { readonly bus: Bus; readonly clock: Clock; readonly speaker: Speaker },
  subject: string,
  ref: BlobRef,
  isWanted: () => boolean,
): Promise<AgentState | null> {
  const { clock, speaker } = cluster;
  const askedMs = clock.now();
  try {
    const text = await fetchBlob(cluster, subject, ref, () => isWanted() && clock.now() - askedMs < patienceMs);
    const read = decodeMessage(speaker, shapes.agentState, Buffer.from(text));
    return read?.type === 'message' ? read.value : null;
  } catch {
    // The next state says more.
    return null;
  }
}
