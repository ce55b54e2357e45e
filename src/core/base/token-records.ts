/**
 * With this header, a request asks for a stream that another server can continue with. A server that agrees names the answer
 * in the same header of its response, and tells in the stream which tokens it has written:
 *
 *     data: {"id":"chatcmpl-1", … "content":"Hel"}
 *     data: {"id":"chatcmpl-1", … "content":"lo"}
 *     : tokens 9906,385                                 all events since the last record are those of these tokens
 *
 * Anything else that the other server has to know follows as JSON: `: tokens 9906,385 {"events":17}`. If the answer
 * fails, all events since the last record are those of the failure:
 *
 *     data: {"error":{"message":"The server is shutting down.", … }}
 *     : failed draining
 *
 * A server that passes the stream on takes the records out.
 */
export const resumeHeader = 'x-chatstream-resume';

/** The value of {@link resumeHeader} in a request. */
export const wantsTokenRecords = 'tokens';

/**
 * @param tokens those of the events since the last record, possibly none
 * @param state what else a server that continues after them needs to know: JSON on one line; null for nothing
 */
export function tokenRecord(tokens: readonly number[], state: string | null = null): string {
  return `: tokens ${tokens.join(',')}${state === null ? '' : ` ${state}`}\n\n`;
}

/** @param code of the error with which the answer ends */
export function failureRecord(code: string): string {
  return `: failed ${code}\n\n`;
}

/** Lines of data never begin like this, because JSON contains no line breaks. */
const record = /^: (?:tokens ([\d,]*)(?: ([^\n]+))?|failed (\w+))\n\n/gm;

/** The progress of an answer at a record: how another server can continue after it. */
export interface Progress {
  /** The tokens since the previous progress. */
  readonly tokens: readonly number[];
  /** What else the other server has to know; null for nothing. */
  readonly state: string | null;
}

/** A piece of a stream whose tokens are known. */
export interface RecordedEvents extends Progress {
  /** The bytes without the records. */
  readonly events: Buffer;
  /** The error with which the answer fails after them, if it does. */
  readonly failure: { readonly code: string; readonly events: Buffer } | null;
}

/** Takes the records out of a stream. Events are held back until it is known which tokens they belong to. */
export class TokenRecords {
  #unrecorded = '';

  /** Bytes that are held back. */
  get unrecordedBytes(): number {
    return this.#unrecorded.length;
  }

  /** @returns what was recorded with this chunk; null if nothing was */
  push(chunk: Buffer): RecordedEvents | null {
    // Bytes as characters, so that characters that are cut in two stay as they are.
    const text = this.#unrecorded + chunk.toString('latin1');
    // Up to the last event that was read, there is no record: many events may be held back.
    record.lastIndex = Math.max(0, this.#unrecorded.lastIndexOf('\n\n'));
    const tokens: number[] = [];
    let state: string | null = null;
    let failure: RecordedEvents['failure'] = null;
    let events = '';
    let end = 0;
    for (const match of text.matchAll(record)) {
      const [whole, list = '', more, code] = match;
      const before = text.slice(end, match.index);
      end = match.index + whole.length;
      if (code !== undefined) failure = { code, events: Buffer.from(before, 'latin1') };
      else events += before;
      for (const token of list.split(',')) if (token !== '') tokens.push(Number(token));
      state = more === undefined ? state : Buffer.from(more, 'latin1').toString('utf8');
    }
    this.#unrecorded = text.slice(end);
    return end === 0 ? null : { events: Buffer.from(events, 'latin1'), tokens, state, failure };
  }

  /** The bytes after the last record. */
  takeUnrecorded(): Buffer {
    const rest = Buffer.from(this.#unrecorded, 'latin1');
    this.#unrecorded = '';
    return rest;
  }
}
