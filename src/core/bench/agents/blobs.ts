import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Clock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import type { Bus } from '../../bus/bus.js';
import { type BlobRef, decodeMessage, encodeMessage, shapes, type Speaker } from './messages.js';

/** Small enough that a short message does not have to wait long behind a piece. */
const largestPiece = 256 * 1024;

/** How long an answer with a piece may take, and for how long pieces are requested again. */
const pieceTimeoutMs = 2000;
const patienceMs = 20_000;

/**
 * Provides texts that are too long for a message, in pieces. A receiver asks for one piece after the other, and again
 * if one does not arrive, so the sender does not track what has arrived.
 */
export class BlobSource {
  readonly #pieceBytes: number;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #stop: () => void;

  constructor(bus: Bus, subject: string, speaker: Speaker) {
    this.#pieceBytes = Math.min(largestPiece, bus.maxPayloadBytes);
    this.#stop = bus.subscribe(subject, ({ data, reply }) => {
      const asked = decodeMessage(speaker, shapes.piece, data);
      if (asked?.type !== 'message') return;
      const { hash, index } = asked.value;
      const blob = this.#kept.get(hash);
      if (blob !== undefined) reply(blob.subarray(index * this.#pieceBytes, (index + 1) * this.#pieceBytes));
    });
  }

  /** Keeps a text for receivers. */
  offer(text: string): BlobRef {
    const bytes = gzipSync(text, { level: 1 });
    const hash = hashOf(bytes);
    this.#kept.set(hash, bytes);
    return { hash, bytes: bytes.length, pieceBytes: this.#pieceBytes };
  }

  forget({ hash }: BlobRef): void {
    this.#kept.delete(hash);
  }

  close(): void {
    this.#stop();
    this.#kept.clear();
  }
}

/**
 * Fetches a text from a {@link BlobSource}.
 *
 * @param isWanted asked before each piece
 * @throws ChatstreamError `cluster_unavailable` if a piece does not arrive for 20 s, or is no longer wanted
 */
export async function fetchBlob(
  { bus, clock, speaker }: { readonly bus: Bus; readonly clock: Clock; readonly speaker: Speaker },
  subject: string,
  { hash, bytes, pieceBytes }: BlobRef,
  isWanted: () => boolean,
): Promise<string> {
  const count = Math.ceil(bytes / pieceBytes);
  const pieces: Uint8Array[] = [];
  let lastMs = clock.now();
  while (pieces.length < count) {
    const question = encodeMessage(speaker, { hash, index: pieces.length });
    const piece = isWanted() ? await bus.request(subject, question, pieceTimeoutMs) : null;
    if (piece !== null) {
      pieces.push(piece);
      lastMs = clock.now();
    } else if (!isWanted() || clock.now() - lastMs > patienceMs) {
      throw new ChatstreamError('cluster_unavailable', `Piece ${pieces.length + 1} of ${count} did not arrive.`);
    } else await pause(clock);
  }
  const whole = Buffer.concat(pieces);
  if (hashOf(whole) !== hash) throw new ChatstreamError('cluster_unavailable', 'Pieces arrived that do not fit.');
  return gunzipSync(whole).toString('utf8');
}

/** Without a subscriber, NATS answers at once, and so would the next attempt. */
function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.schedule(200, resolve));
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
