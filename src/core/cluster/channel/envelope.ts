import { type Static, Type } from 'typebox';
import { member } from '../../base/json.js';
import { isOf } from './is-of.js';

/**
 * Version of all messages and entries of the cluster. Every change of a shape, of how entries are written, or of their
 * keys increases it; members with another version are refused. A test compares the shapes with those of the last
 * version.
 */
export const schemaVersion = 5;

/** The subject on which a process receives messages from others. */
export function peerSubject(id: string): string {
  return `chatstream.cluster.peer.${id}`;
}

/** Room for the header of a message besides its purpose, which is far shorter. */
const mostEnvelopeBytes = 512;

/**
 * What is known about a message without its content. Several pieces make one message if it is too long for NATS: all
 * but the last say that there is `more`.
 */
export const header = Type.Object({
  version: Type.Literal(schemaVersion),
  /** The process that sends it. */
  from: Type.String(),
  /** The channel, under a name that its opener has chosen. */
  channel: Type.String(),
  /** Whether the sender opened it: a process may have a channel to itself. */
  byOpener: Type.Boolean(),
  /** What the channel is for. */
  purpose: Type.String(),
  /** How many pieces of this channel have arrived at the sender, in order. */
  received: Type.Integer({ minimum: 0 }),
  content: Type.Union([
    /** Counted from 0 by the sender. */
    Type.Object({ type: Type.Literal('piece'), number: Type.Integer({ minimum: 0 }), more: Type.Boolean() }),
    /** Only confirms what has arrived; `isMissing`: a piece has arrived before an earlier one. */
    Type.Object({ type: Type.Literal('receipt'), isMissing: Type.Boolean() }),
    /** The sender has no such channel, or has closed it. */
    Type.Object({ type: Type.Literal('closed') }),
  ]),
});

export type Header = Static<typeof header>;

/** A message on the subject of a process. */
export type Incoming =
  | { readonly type: 'message'; readonly header: Header; readonly body: Uint8Array }
  /** From a program that speaks another version. */
  | { readonly type: 'foreign'; readonly version: number; readonly from: string; readonly channel: string }
  | { readonly type: 'unreadable' };

const newline = 0x0a;

/** The header as a line of JSON, followed by the content as it is. */
export function encodeEnvelope(value: Header, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(value)}\n`), body]);
}

export function decodeEnvelope(data: Uint8Array): Incoming {
  const end = data.indexOf(newline);
  const value = end < 0 ? null : parsed(textOf(data.subarray(0, end)));
  if (isOf(header, value)) return { type: 'message', header: value, body: data.subarray(end + 1) };
  const [version, from, channel] = ['version', 'from', 'channel'].map((name) => member(value, name));
  if (typeof version !== 'number' || version === schemaVersion) return { type: 'unreadable' };
  if (typeof from !== 'string' || typeof channel !== 'string') return { type: 'unreadable' };
  return { type: 'foreign', version, from, channel };
}

/** The bytes as text, without copying them first. */
export function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

/**
 * A message as JSON, in pieces that NATS accepts.
 *
 * @param purpose of its channel, which contains the name of a model
 */
export function piecesOf(message: object, purpose: string, maxPayloadBytes: number): readonly Uint8Array[] {
  const bytes = Buffer.from(JSON.stringify(message));
  const size = maxPayloadBytes - mostEnvelopeBytes - Buffer.byteLength(JSON.stringify(purpose));
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
  return pieces;
}

/** @returns null if it is not JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
