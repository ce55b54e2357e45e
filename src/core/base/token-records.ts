/**
 * With this header, a request asks for a stream that another server can go on with. A server that agrees names the answer
 * in the same header of its response, and tells in the stream which tokens it has written:
 *
 *     data: {"id":"chatcmpl-1", … "content":"Hel"}
 *     data: {"id":"chatcmpl-1", … "content":"lo"}
 *     : tokens 9906,385                                 all events since the last record are those of these tokens
 *
 * Whoever passes the stream on takes the records out.
 */
export const resumeHeader = 'x-chatstream-resume';

/** The value of {@link resumeHeader} in a request. */
export const wantsTokenRecords = 'tokens';

/** @param tokens those of the events since the last record, possibly none */
export function tokenRecord(tokens: readonly number[]): string {
  return `: tokens ${tokens.join(',')}\n\n`;
}

/** Data never begin a line like this: JSON has no line breaks in it. */
const record = /^: tokens ([\d,]*)\n\n/gm;

/** A piece of a stream whose tokens are known. */
export interface RecordedEvents {
  /** Without the records. */
  readonly events: Buffer;
  readonly tokens: readonly number[];
}

/** Takes the records out of a stream. Events are kept back until it is known which tokens they are of. */
export class TokenRecords {
  #unrecorded = '';

  /** Bytes that are kept back. */
  get unrecordedBytes(): number {
    return this.#unrecorded.length;
  }

  /** @returns what has been recorded with this chunk; null if nothing has */
  push(chunk: Buffer): RecordedEvents | null {
    // Bytes as characters: cut characters stay what they are.
    const text = this.#unrecorded + chunk.toString('latin1');
    const tokens: number[] = [];
    let events = '';
    let end = 0;
    for (const match of text.matchAll(record)) {
      events += text.slice(end, match.index);
      end = match.index + match[0].length;
      for (const token of match[1]?.split(',') ?? []) if (token !== '') tokens.push(Number(token));
    }
    this.#unrecorded = text.slice(end);
    return end === 0 ? null : { events: Buffer.from(events, 'latin1'), tokens };
  }

  /** The events that came after the last record, such as those of an error. */
  takeUnrecorded(): Buffer {
    const rest = Buffer.from(this.#unrecorded, 'latin1');
    this.#unrecorded = '';
    return rest;
  }
}
